/*
 * Bodies: chunked decoding whatever the cuts between reads, refusals, and where a message ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "balancer/h1/body.h"

/* Decodes text in pieces of at most step bytes; data runs go to out. */
static enum h1_chunk_event decode(const char *text, size_t step, char *out, size_t *used,
				  enum h1_error *error)
{
	struct h1_chunk c = {0};
	size_t len = strlen(text), at = 0;
	enum h1_chunk_event event = H1_CHUNK_MORE;

	*out = '\0';
	while (at < len && (event == H1_CHUNK_MORE || event == H1_CHUNK_DATA)) {
		struct slice in = {text + at, len - at < step ? len - at : step}, data;
		const char *before = in.ptr;

		event = h1_chunk_next(&c, &in, &data);
		if (event == H1_CHUNK_DATA)
			strncat(out, data.ptr, data.len);
		at += (size_t)(in.ptr - before);
	}
	*used = at;
	*error = (enum h1_error)c.error;
	return event;
}

static const struct {
	const char *wire, *data, *rest;
	enum h1_error error;
} chunk_rows[] = {
	{"5\r\nhello\r\n0\r\n\r\nNEXT", "hello", "NEXT", H1_ERROR_NONE},
	{"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world", "", H1_ERROR_NONE},
	{"00a\r\n0123456789\r\n000\r\n\r\n", "0123456789", "", H1_ERROR_NONE},
	{"A;ext=\"v\"\r\n0123456789\r\n0;last\r\n\r\n", "0123456789", "", H1_ERROR_NONE},
	{"0\r\nX-Sum: 1\r\nY:\r\n\r\nNEXT", "", "NEXT", H1_ERROR_NONE},
	{"\r\n", "", NULL, H1_ERROR_CHUNK_SIZE},
	{"5\nhello\r\n", "", NULL, H1_ERROR_CHUNK_SIZE},
	{"5 \r\nhello\r\n", "", NULL, H1_ERROR_CHUNK_SIZE},
	{"+5\r\nhello\r\n", "", NULL, H1_ERROR_CHUNK_SIZE},
	{"0x5\r\nhello\r\n", "", NULL, H1_ERROR_CHUNK_SIZE},
	{"-1\r\n", "", NULL, H1_ERROR_CHUNK_SIZE},
	{"5\r\r\nhello", "", NULL, H1_ERROR_CHUNK_SIZE},
	{"1000000000000000\r\n", "", NULL, H1_ERROR_CHUNK_SIZE},
	{"5;a\nb\r\nhello\r\n", "", NULL, H1_ERROR_CHUNK_EXTENSION},
	{"5\r\nhelloX\r\n", "hello", NULL, H1_ERROR_CHUNK_END},
	{"5\r\nhello\n0\r\n\r\n", "hello", NULL, H1_ERROR_CHUNK_END},
	{"5\r\nhello\r0\r\n\r\n", "hello", NULL, H1_ERROR_CHUNK_END},
	{"0\r\nX : a\r\n\r\n", "", NULL, H1_ERROR_TRAILER},
	{"0\r\n folded\r\n\r\n", "", NULL, H1_ERROR_TRAILER},
	{"0\r\nX: a\nY: b\r\n\r\n", "", NULL, H1_ERROR_TRAILER},
	{"0\r\n\rX", "", NULL, H1_ERROR_TRAILER},
};

static void chunks_decode_the_same_whatever_the_cuts(void **state)
{
	char out[256];

	(void)state;
	for (size_t i = 0; i < sizeof(chunk_rows) / sizeof(chunk_rows[0]); i++) {
		const char *wire = chunk_rows[i].wire;

		for (size_t step = 1; step <= strlen(wire); step++) {
			enum h1_chunk_event event;
			enum h1_error error;
			size_t used;

			event = decode(wire, step, out, &used, &error);
			assert_int_equal(error, chunk_rows[i].error);
			assert_int_equal(event, error ? H1_CHUNK_BAD : H1_CHUNK_END);
			assert_string_equal(out, chunk_rows[i].data);
			if (!error)
				assert_string_equal(wire + used, chunk_rows[i].rest);
		}
	}
}

static void extensions_and_trailers_are_bounded(void **state)
{
	struct h1_chunk c = {0};
	struct slice in = SLICE("1;"), data;
	int n;

	(void)state;
	assert_int_equal(h1_chunk_next(&c, &in, &data), H1_CHUNK_MORE);
	for (n = 0;; n++) {
		in = SLICE("x");
		if (h1_chunk_next(&c, &in, &data) != H1_CHUNK_MORE)
			break;
	}
	assert_int_equal(n, H1_CHUNK_EXTENSION_MAX);
	assert_int_equal(c.error, H1_ERROR_CHUNK_EXTENSION);
	c = (struct h1_chunk){0};
	in = SLICE("0\r\n");
	assert_int_equal(h1_chunk_next(&c, &in, &data), H1_CHUNK_MORE);
	for (n = 0;; n++) {
		in = SLICE("x:y\r\n");
		if (h1_chunk_next(&c, &in, &data) != H1_CHUNK_MORE)
			break;
	}
	assert_in_range(n, H1_TRAILER_MAX / 5, H1_TRAILER_MAX / 3);
	assert_int_equal(c.error, H1_ERROR_TRAILER_LARGE);
}

static void a_body_with_a_length_ends_at_it(void **state)
{
	struct http_message msg = {.body_kind = HTTP_BODY_LENGTH, .body_len = 10};
	struct h1_body b;

	(void)state;
	h1_body_start(&b, &msg);
	assert_int_equal(h1_body_advance(&b, "0123", 4), 4);
	assert_int_equal(h1_body_opaque(&b), 6);
	h1_body_passed(&b, 3);
	assert_false(b.done);
	assert_false(h1_body_end(&b));
	assert_int_equal(h1_body_advance(&b, "789GET", 6), 3);
	assert_true(b.done);
	assert_int_equal(h1_body_advance(&b, "GET", 3), 0);
	assert_int_equal(b.passed, 10);
}

static void a_chunked_body_passes_raw(void **state)
{
	struct http_message msg = {.body_kind = HTTP_BODY_CHUNKED};
	struct h1_body b;

	(void)state;
	h1_body_start(&b, &msg);
	assert_int_equal(h1_body_advance(&b, "100\r\nabc", 8), 8);
	assert_int_equal(h1_body_opaque(&b), 253);
	h1_body_passed(&b, 253);
	assert_int_equal(h1_body_opaque(&b), 0);
	assert_int_equal(h1_body_advance(&b, "\r\n0\r\n\r\nHTTP", 11), 7);
	assert_true(b.done);
	assert_int_equal(b.error, H1_ERROR_NONE);
	h1_body_start(&b, &msg);
	assert_int_equal(h1_body_advance(&b, "3\r\nabcX", 7), 6);
	assert_int_equal(b.error, H1_ERROR_CHUNK_END);
	assert_false(h1_body_end(&b));
}

static void bodies_without_an_end_take_all(void **state)
{
	struct http_message msg = {.body_kind = HTTP_BODY_UNTIL_CLOSE};
	struct h1_body b;

	(void)state;
	h1_body_start(&b, &msg);
	assert_true(h1_body_opaque(&b) == UINT64_MAX);
	assert_int_equal(h1_body_advance(&b, "abc", 3), 3);
	assert_false(b.done);
	assert_true(h1_body_end(&b));
	msg.body_kind = HTTP_BODY_NONE;
	h1_body_start(&b, &msg);
	assert_true(b.done);
	assert_int_equal(h1_body_advance(&b, "abc", 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_decode_the_same_whatever_the_cuts),
		cmocka_unit_test(extensions_and_trailers_are_bounded),
		cmocka_unit_test(a_body_with_a_length_ends_at_it),
		cmocka_unit_test(a_chunked_body_passes_raw),
		cmocka_unit_test(bodies_without_an_end_take_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
