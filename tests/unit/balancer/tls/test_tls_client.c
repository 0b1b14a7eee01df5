/*
 * balancer/tls: handshake, bytes and ends against a TLS server of OpenSSL's in a child process,
 * with a certificate made on the spot. Covers tls_client.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balancer/tls/tls_client.h"

static EVP_PKEY *key;
static X509 *cert;
static char ca_file[] = "/tmp/relais-test-ca-XXXXXX";

static void add_extension(int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(ext);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

/* A key and a certificate for "web.test" that signs itself. */
static int make_certificate(void **state)
{
	X509_NAME *name;
	FILE *pem;
	int fd;

	(void)state;
	key = EVP_EC_gen("P-256");
	cert = X509_new();
	assert_true(key && cert);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"web.test", -1,
				   -1, 0);
	X509_set_issuer_name(cert, name);
	add_extension(NID_subject_alt_name, "DNS:web.test");
	add_extension(NID_basic_constraints, "critical,CA:TRUE");
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	fd = mkstemp(ca_file);
	assert_true(fd >= 0);
	pem = fdopen(fd, "w");
	assert_true(PEM_write_X509(pem, cert));
	fclose(pem);
	return 0;
}

static int drop_certificate(void **state)
{
	(void)state;
	unlink(ca_file);
	X509_free(cert);
	EVP_PKEY_free(key);
	return 0;
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		       const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl, (void)arg;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* The child: answers "NAME PROTOCOL" (SNI and ALPN as it saw them) to a line, then closes. */
static int serve(int fd)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char line[64], answer[128];
	const unsigned char *proto;
	const char *name;
	unsigned proto_len;
	SSL *ssl;
	int n;

	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1 || SSL_read(ssl, line, sizeof(line)) <= 0)
		return 1;
	name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	SSL_get0_alpn_selected(ssl, &proto, &proto_len);
	n = snprintf(answer, sizeof(answer), "%s %.*s", name ? name : "-", (int)proto_len,
		     proto_len ? (const char *)proto : "");
	SSL_write(ssl, answer, n);
	SSL_shutdown(ssl);
	return 0;
}

static pid_t server_pid;

/* A non-blocking socket with the server behind it. */
static int connect_server(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	server_pid = fork();
	assert_true(server_pid >= 0);
	if (server_pid == 0) {
		close(ends[0]);
		_exit(serve(ends[1]));
	}
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	return ends[0];
}

static int server_status(void)
{
	int status;

	while (waitpid(server_pid, &status, 0) != server_pid)
		assert_int_equal(errno, EINTR);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Until the socket has something to say. */
static void wait_for(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, 10000), 1);
}

static int handshake(struct tls_client *t, int fd, char *err, size_t err_len)
{
	int ret;

	while ((ret = tls_client_handshake(t, err, err_len)) == -EAGAIN)
		wait_for(fd);
	return ret;
}

static ssize_t read_some(struct tls_client *t, int fd, char *buf, size_t len)
{
	ssize_t n;

	while ((n = tls_client_read(t, buf, len)) == -EAGAIN)
		wait_for(fd);
	return n;
}

/* Handshake, one line, the answer, the end. */
static void expect_answer(const struct tls_client_conf *conf, const char *expected)
{
	char err[128] = "", answer[128] = "";
	int fd = connect_server();
	struct tls_client *t = tls_client_new(fd, conf, err, sizeof(err));
	size_t len = 0;
	ssize_t n;

	assert_non_null(t);
	if (handshake(t, fd, err, sizeof(err)) != 0)
		fail_msg("handshake: %s", err);
	assert_int_equal(tls_client_write(t, "hello\n", 6), 6);
	while ((n = read_some(t, fd, answer + len, sizeof(answer) - 1 - len)) > 0)
		len += (size_t)n;
	assert_int_equal(n, 0); /* close_notify is an orderly end */
	assert_string_equal(answer, expected);
	tls_client_free(&t);
	assert_null(t);
	close(fd);
	assert_int_equal(server_status(), 0);
}

static void names_and_protocols_reach_the_server(void **state)
{
	(void)state;
	expect_answer(&(struct tls_client_conf){.sni = "web.test", .alpn = "h2,http/1.1"},
		      "web.test http/1.1");
	expect_answer(&(struct tls_client_conf){.sni = NULL}, "- ");
}

static void a_certificate_is_verified_against_the_file_and_the_name(void **state)
{
	(void)state;
	expect_answer(
		&(struct tls_client_conf){.sni = "web.test", .verify = true, .ca_file = ca_file},
		"web.test ");
}

static void expect_refused(const struct tls_client_conf *conf, const char *why)
{
	char err[128] = "";
	int fd = connect_server();
	struct tls_client *t = tls_client_new(fd, conf, err, sizeof(err));

	assert_non_null(t);
	assert_int_equal(handshake(t, fd, err, sizeof(err)), -EPROTO);
	if (!strstr(err, why))
		fail_msg("'%s' does not say '%s'", err, why);
	tls_client_free(&t);
	close(fd);
	assert_int_equal(server_status(), 1);
}

static void a_certificate_that_nobody_vouches_for_is_refused(void **state)
{
	(void)state;
	expect_refused(&(struct tls_client_conf){.sni = "web.test", .verify = true},
		       "certificate verify failed");
}

static void a_certificate_for_another_name_is_refused(void **state)
{
	(void)state;
	expect_refused(
		&(struct tls_client_conf){.sni = "other.test", .verify = true, .ca_file = ca_file},
		"certificate verify failed");
}

static void a_protocol_that_the_server_has_not_is_refused(void **state)
{
	(void)state;
	expect_refused(&(struct tls_client_conf){.alpn = "h2"}, "alert no application protocol");
}

static void a_file_without_certificates_is_no_context(void **state)
{
	const struct tls_client_conf conf = {.verify = true, .ca_file = "/dev/null"};
	char err[128] = "";

	(void)state;
	assert_null(tls_client_new(0, &conf, err, sizeof(err)));
	assert_true(err[0] != '\0');
}

static void a_server_that_speaks_no_tls_is_an_error(void **state)
{
	const struct tls_client_conf conf = {.sni = NULL};
	char err[128] = "";
	int ends[2];
	struct tls_client *t;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	t = tls_client_new(ends[0], &conf, err, sizeof(err));
	assert_non_null(t);
	assert_int_equal(tls_client_handshake(t, err, sizeof(err)), -EAGAIN);
	assert_int_equal(write(ends[1], "220 mail.test ESMTP\r\n", 21), 21);
	assert_int_equal(tls_client_handshake(t, err, sizeof(err)), -EPROTO);
	assert_non_null(strstr(err, "wrong version number"));
	tls_client_free(&t);
	close(ends[0]), close(ends[1]);
}

static void a_server_that_closes_amid_the_handshake_is_an_error(void **state)
{
	const struct tls_client_conf conf = {.sni = NULL};
	char err[128] = "";
	int ends[2];
	struct tls_client *t;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	t = tls_client_new(ends[0], &conf, err, sizeof(err));
	assert_non_null(t);
	assert_int_equal(tls_client_handshake(t, err, sizeof(err)), -EAGAIN);
	shutdown(ends[1], SHUT_WR);
	assert_int_equal(tls_client_handshake(t, err, sizeof(err)), -EPROTO);
	assert_true(err[0] != '\0');
	tls_client_free(&t);
	close(ends[0]), close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_protocols_reach_the_server),
		cmocka_unit_test(a_certificate_is_verified_against_the_file_and_the_name),
		cmocka_unit_test(a_certificate_that_nobody_vouches_for_is_refused),
		cmocka_unit_test(a_certificate_for_another_name_is_refused),
		cmocka_unit_test(a_protocol_that_the_server_has_not_is_refused),
		cmocka_unit_test(a_file_without_certificates_is_no_context),
		cmocka_unit_test(a_server_that_speaks_no_tls_is_an_error),
		cmocka_unit_test(a_server_that_closes_amid_the_handshake_is_an_error),
	};

	return cmocka_run_group_tests(tests, make_certificate, drop_certificate);
}
