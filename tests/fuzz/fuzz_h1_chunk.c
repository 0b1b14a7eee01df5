/*
 * The chunked decoder: whatever the cuts, the same data, the same end, the same error.
 */
#include "fuzz_h1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum h1_chunk_event event;
	size_t used;
	uint64_t data_len, data_sum;
	uint8_t error;
};

static struct outcome decode(const char *text, size_t len, size_t step)
{
	struct outcome o = {.event = H1_CHUNK_MORE};
	struct h1_chunk c = {0};

	while (o.used < len && (o.event == H1_CHUNK_MORE || o.event == H1_CHUNK_DATA)) {
		size_t n = len - o.used < step ? len - o.used : step;
		struct slice in = {text + o.used, n}, run;

		o.event = h1_chunk_next(&c, &in, &run);
		MUST(in.len <= n);
		o.used += n - in.len;
		for (size_t i = 0; o.event == H1_CHUNK_DATA && i < run.len; i++)
			o.data_sum = o.data_sum * 31 + (unsigned char)run.ptr[i];
		o.data_len += o.event == H1_CHUNK_DATA ? run.len : 0;
	}
	o.error = c.error;
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_message msg = {.body_kind = HTTP_BODY_CHUNKED};
	struct outcome whole, bytes, parts;
	struct h1_body body;
	const char *text = (const char *)data + 1;
	size_t len;

	if (size < 2)
		return 0;
	len = size - 1;
	whole = decode(text, len, len);
	bytes = decode(text, len, 1);
	parts = decode(text, len, data[0] + 2u);
	MUST(whole.used == bytes.used && whole.used == parts.used);
	MUST(whole.error == bytes.error && whole.error == parts.error);
	MUST(whole.data_len == bytes.data_len && whole.data_sum == bytes.data_sum);
	MUST(whole.data_len == parts.data_len && whole.data_sum == parts.data_sum);
	h1_body_start(&body, &msg);
	MUST(h1_body_advance(&body, text, len) == whole.used);
	MUST(body.done == (whole.event == H1_CHUNK_END));
	return 0;
}
