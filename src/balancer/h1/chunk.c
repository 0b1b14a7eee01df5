/*
 * The chunked decoder: a table of states, one byte at a time for the few bytes between chunks,
 * whole runs for data. See chunk.h.
 */
#include "balancer/h1/chunk.h"

#include "balancer/http/name.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static enum h1_error at_size(struct h1_chunk *c, char byte)
{
	int digit = hex_digit(byte);

	if (digit >= 0) {
		if (c->n++ == H1_CHUNK_DIGITS_MAX)
			return H1_ERROR_CHUNK_SIZE;
		c->left = c->left << 4 | (unsigned)digit;
		return H1_ERROR_NONE;
	}
	if (c->n == 0)
		return H1_ERROR_CHUNK_SIZE;
	if (byte == '\r') {
		c->state = H1_CHUNK_AT_SIZE_LF;
	} else if (byte == ';') {
		c->state = H1_CHUNK_AT_EXTENSION;
		c->n = 0;
	} else {
		return H1_ERROR_CHUNK_SIZE;
	}
	return H1_ERROR_NONE;
}

static enum h1_error at_extension(struct h1_chunk *c, char byte)
{
	if (byte == '\r') {
		c->state = H1_CHUNK_AT_SIZE_LF;
		return H1_ERROR_NONE;
	}
	if (is_control(byte) || c->n++ == H1_CHUNK_EXTENSION_MAX)
		return H1_ERROR_CHUNK_EXTENSION;
	return H1_ERROR_NONE;
}

static enum h1_error at_size_lf(struct h1_chunk *c, char byte)
{
	if (byte != '\n')
		return H1_ERROR_CHUNK_SIZE;
	c->state = c->left ? H1_CHUNK_AT_DATA : H1_CHUNK_AT_TRAILER;
	c->n = 0;
	return H1_ERROR_NONE;
}

static enum h1_error at_data_end(struct h1_chunk *c, char byte)
{
	if (c->state == H1_CHUNK_AT_DATA_CR) {
		c->state = H1_CHUNK_AT_DATA_LF;
		return byte == '\r' ? H1_ERROR_NONE : H1_ERROR_CHUNK_END;
	}
	c->state = H1_CHUNK_AT_SIZE;
	c->n = 0;
	return byte == '\n' ? H1_ERROR_NONE : H1_ERROR_CHUNK_END;
}

/* Trailer fields go by as they are, but must be fields (RFC 9112 7.1.2). */
static enum h1_error at_trailer(struct h1_chunk *c, char byte)
{
	if (c->n++ == H1_TRAILER_MAX)
		return H1_ERROR_TRAILER_LARGE;
	if (c->state == H1_CHUNK_AT_TRAILER && byte == '\r') {
		c->state = H1_CHUNK_AT_LAST_LF;
		return H1_ERROR_NONE;
	}
	if (c->state == H1_CHUNK_AT_TRAILER_VALUE) {
		if (byte == '\r')
			c->state = H1_CHUNK_AT_TRAILER_LF;
		else if (is_control(byte))
			return H1_ERROR_TRAILER;
		return H1_ERROR_NONE;
	}
	if (c->state == H1_CHUNK_AT_TRAILER_NAME && byte == ':') {
		c->state = H1_CHUNK_AT_TRAILER_VALUE;
		return H1_ERROR_NONE;
	}
	if (!http_token_char[(unsigned char)byte])
		return H1_ERROR_TRAILER;
	c->state = H1_CHUNK_AT_TRAILER_NAME;
	return H1_ERROR_NONE;
}

static enum h1_error at_trailer_lf(struct h1_chunk *c, char byte)
{
	c->state = c->state == H1_CHUNK_AT_LAST_LF ? H1_CHUNK_AT_END : H1_CHUNK_AT_TRAILER;
	return byte == '\n' ? H1_ERROR_NONE : H1_ERROR_TRAILER;
}

static enum h1_error step(struct h1_chunk *c, char byte)
{
	switch ((enum h1_chunk_state)c->state) {
	case H1_CHUNK_AT_SIZE:
		return at_size(c, byte);
	case H1_CHUNK_AT_EXTENSION:
		return at_extension(c, byte);
	case H1_CHUNK_AT_SIZE_LF:
		return at_size_lf(c, byte);
	case H1_CHUNK_AT_DATA_CR:
	case H1_CHUNK_AT_DATA_LF:
		return at_data_end(c, byte);
	case H1_CHUNK_AT_TRAILER:
	case H1_CHUNK_AT_TRAILER_NAME:
	case H1_CHUNK_AT_TRAILER_VALUE:
		return at_trailer(c, byte);
	case H1_CHUNK_AT_TRAILER_LF:
	case H1_CHUNK_AT_LAST_LF:
		return at_trailer_lf(c, byte);
	case H1_CHUNK_AT_DATA:
	case H1_CHUNK_AT_END:
	case H1_CHUNK_AT_ERROR:
		break;
	}
	return H1_ERROR_NONE;
}

void h1_chunk_passed(struct h1_chunk *c, uint64_t len)
{
	c->left -= len;
	if (c->left == 0)
		c->state = H1_CHUNK_AT_DATA_CR;
}

enum h1_chunk_event h1_chunk_next(struct h1_chunk *c, struct slice *in, struct slice *data)
{
	enum h1_error error;

	for (;;) {
		if (c->state == H1_CHUNK_AT_END)
			return H1_CHUNK_END;
		if (c->state == H1_CHUNK_AT_ERROR)
			return H1_CHUNK_BAD;
		if (in->len == 0)
			return H1_CHUNK_MORE;
		if (c->state == H1_CHUNK_AT_DATA) {
			*data = *in;
			if (data->len > c->left)
				data->len = (size_t)c->left;
			h1_chunk_passed(c, data->len);
			in->ptr += data->len;
			in->len -= data->len;
			return H1_CHUNK_DATA;
		}
		error = step(c, *in->ptr);
		if (error) {
			c->error = (uint8_t)error;
			c->state = H1_CHUNK_AT_ERROR;
			return H1_CHUNK_BAD;
		}
		in->ptr++;
		in->len--;
	}
}
