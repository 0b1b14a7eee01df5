/*
 * TLS towards a server: handshake, read, write on a connected non-blocking socket. The only room
 * that includes OpenSSL. For health checks; one thread.
 */
#ifndef RELAIS_TLS_TLS_CLIENT_H
#define RELAIS_TLS_TLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tls_client;

struct tls_client_conf {
	const char *sni;     /* NULL = none */
	const char *alpn;    /* "h2,http/1.1"; NULL = none */
	const char *ca_file; /* NULL = the system's, when verify */
	bool verify;
};

/* fd is borrowed. NULL with a message in err. */
struct tls_client *tls_client_new(int fd, const struct tls_client_conf *conf, char *err,
				  size_t err_len);
void tls_client_free(struct tls_client **t);
/* 0 = done, -EAGAIN = wait for the socket, -EPROTO with the reason in err. */
int tls_client_handshake(struct tls_client *t, char *err, size_t err_len);
/* As read(2) and write(2): > 0 bytes, 0 = end, -EAGAIN, -EPROTO. */
ssize_t tls_client_read(struct tls_client *t, void *buf, size_t len);
ssize_t tls_client_write(struct tls_client *t, const void *buf, size_t len);

#endif
