/*
 * OpenSSL behind tls_client.h. One SSL_CTX per trust setting, kept for the life of the process:
 * all checks without verification share one.
 */
#include "balancer/tls/tls_client.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTEXTS_MAX = 32, ALPN_MAX = 256 };

struct tls_client {
	SSL *ssl;
};

struct context {
	SSL_CTX *ctx;
	bool verify;
	char *ca_file; /* owned; NULL = the system's */
};

/* The checks' thread only. */
static struct context contexts[CONTEXTS_MAX];
static size_t n_contexts;

static void last_error(char *err, size_t err_len)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	snprintf(err, err_len, "%s", reason ? reason : "connection closed");
	ERR_clear_error();
}

static SSL_CTX *context_new(const struct tls_client_conf *conf)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	if (!conf->verify)
		return ctx;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (conf->ca_file ? SSL_CTX_load_verify_locations(ctx, conf->ca_file, NULL)
			  : SSL_CTX_set_default_verify_paths(ctx))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static SSL_CTX *context_get(const struct tls_client_conf *conf)
{
	const char *ca = conf->verify ? conf->ca_file : NULL;
	struct context *c;

	for (size_t i = 0; i < n_contexts; i++) {
		c = &contexts[i];
		if (c->verify == conf->verify &&
		    (c->ca_file == ca || (ca && c->ca_file && strcmp(c->ca_file, ca) == 0)))
			return c->ctx;
	}
	if (n_contexts == CONTEXTS_MAX)
		return NULL;
	c = &contexts[n_contexts];
	c->ctx = context_new(conf);
	if (!c->ctx)
		return NULL;
	c->verify = conf->verify;
	c->ca_file = ca ? strdup(ca) : NULL;
	n_contexts++;
	return c->ctx;
}

/* "h2,http/1.1" in the wire's form: each name behind its length (RFC 7301 3.1). */
static size_t alpn_wire(const char *names, unsigned char wire[static ALPN_MAX])
{
	size_t len = 0;

	while (*names) {
		size_t n = strcspn(names, ",");

		if (n == 0 || n > 255 || len + 1 + n > ALPN_MAX)
			return 0;
		wire[len] = (unsigned char)n;
		memcpy(wire + len + 1, names, n);
		len += 1 + n;
		names += n;
		names += *names == ',';
	}
	return len;
}

struct tls_client *tls_client_new(int fd, const struct tls_client_conf *conf, char *err,
				  size_t err_len)
{
	struct tls_client *t = calloc(1, sizeof(*t));
	SSL_CTX *ctx = context_get(conf);
	unsigned char wire[ALPN_MAX];

	t = t && ctx ? t : (free(t), NULL);
	if (t)
		t->ssl = SSL_new(ctx);
	if (!t || !t->ssl || !SSL_set_fd(t->ssl, fd)) {
		last_error(err, err_len);
		tls_client_free(&t);
		return NULL;
	}
	SSL_set_connect_state(t->ssl);
	if (conf->sni) {
		SSL_set_tlsext_host_name(t->ssl, conf->sni);
		if (conf->verify)
			SSL_set1_host(t->ssl, conf->sni);
	}
	if (conf->alpn)
		SSL_set_alpn_protos(t->ssl, wire, (unsigned)alpn_wire(conf->alpn, wire));
	return t;
}

void tls_client_free(struct tls_client **t)
{
	if (*t) {
		SSL_free((*t)->ssl);
		free(*t);
	}
	*t = NULL;
}

/* What a call that did not succeed means. */
static int outcome(struct tls_client *t, int ret)
{
	switch (SSL_get_error(t->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		return -EPROTO;
	}
}

int tls_client_handshake(struct tls_client *t, char *err, size_t err_len)
{
	int ret, result;

	ERR_clear_error();
	ret = SSL_do_handshake(t->ssl);
	if (ret == 1)
		return 0;
	result = outcome(t, ret);
	if (result == -EAGAIN)
		return result;
	last_error(err, err_len);
	return -EPROTO;
}

ssize_t tls_client_read(struct tls_client *t, void *buf, size_t len)
{
	int ret;

	ERR_clear_error();
	ret = SSL_read(t->ssl, buf, (int)(len > 65536 ? 65536 : len));
	return ret > 0 ? ret : outcome(t, ret);
}

ssize_t tls_client_write(struct tls_client *t, const void *buf, size_t len)
{
	int ret;

	ERR_clear_error();
	ret = SSL_write(t->ssl, buf, (int)(len > 65536 ? 65536 : len));
	return ret > 0 ? ret : outcome(t, ret);
}
