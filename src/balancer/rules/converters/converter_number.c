/*
 * Converters of numbers and addresses: arithmetic, comparisons, hashes, masks. Arithmetic saturates
 * at the bounds of 64 bits, as HAProxy's does. A number argument may be a variable's name.
 */
#include <xxhash.h>

#include "balancer/rules/sample.h"

struct operand { /* call->data */
	bool is_var;
	int64_t num;
	struct rule_var_name var;
};

static bool check_operand(struct rules_build *b, struct sample_call *call)
{
	struct operand *o = ARENA_NEW(b->arena, struct operand);

	call->data = o;
	if (sample_text_to_int(call->args[0].str, &o->num))
		return true;
	o->is_var = true;
	return rule_var_parse(b, call->args[0].str, &o->var);
}

static bool operand(const struct sample_call *c, struct rule_input *in, int64_t *num)
{
	const struct operand *o = c->data;
	struct sample v;

	*num = o->num;
	if (!o->is_var)
		return true;
	if (!rule_var_get(&o->var, in, &v) || !sample_cast(&v, SAMPLE_INT, in))
		return false;
	*num = v.num;
	return true;
}

SAMPLE_CONVERT(add)
{
	int64_t n, sum;

	if (!operand(c, in, &n))
		return false;
	if (__builtin_add_overflow(s->num, n, &sum))
		sum = n > 0 ? INT64_MAX : INT64_MIN;
	return sample_give_num(s, SAMPLE_INT, sum);
}

SAMPLE_CONVERT(sub)
{
	int64_t n, rest;

	if (!operand(c, in, &n))
		return false;
	if (__builtin_sub_overflow(s->num, n, &rest))
		rest = n < 0 ? INT64_MAX : INT64_MIN;
	return sample_give_num(s, SAMPLE_INT, rest);
}

SAMPLE_CONVERT(mul)
{
	int64_t n, product;

	if (!operand(c, in, &n))
		return false;
	if (__builtin_mul_overflow(s->num, n, &product))
		product = (s->num < 0) == (n < 0) ? INT64_MAX : INT64_MIN;
	return sample_give_num(s, SAMPLE_INT, product);
}

SAMPLE_CONVERT(divide)
{
	int64_t n;

	if (!operand(c, in, &n))
		return false;
	if (n == 0 || (n == -1 && s->num == INT64_MIN))
		return sample_give_num(s, SAMPLE_INT, INT64_MAX);
	return sample_give_num(s, SAMPLE_INT, s->num / n);
}

SAMPLE_CONVERT(modulo)
{
	int64_t n;

	if (!operand(c, in, &n))
		return false;
	if (n == 0 || n == -1)
		return sample_give_num(s, SAMPLE_INT, 0);
	return sample_give_num(s, SAMPLE_INT, s->num % n);
}

SAMPLE_CONVERT(bit_and)
{
	int64_t n;

	return operand(c, in, &n) && sample_give_num(s, SAMPLE_INT, s->num & n);
}

SAMPLE_CONVERT(bit_or)
{
	int64_t n;

	return operand(c, in, &n) && sample_give_num(s, SAMPLE_INT, s->num | n);
}

SAMPLE_CONVERT(bit_xor)
{
	int64_t n;

	return operand(c, in, &n) && sample_give_num(s, SAMPLE_INT, s->num ^ n);
}

SAMPLE_CONVERT(complement)
{
	return sample_give_num(s, SAMPLE_INT, ~s->num);
}

SAMPLE_CONVERT(negative)
{
	return sample_give_num(s, SAMPLE_INT, s->num == INT64_MIN ? INT64_MAX : -s->num);
}

SAMPLE_CONVERT(is_not)
{
	return sample_give_num(s, SAMPLE_BOOL, s->num == 0);
}

SAMPLE_CONVERT(is_true)
{
	return sample_give_num(s, SAMPLE_BOOL, s->num != 0);
}

SAMPLE_CONVERT(is_odd)
{
	return sample_give_num(s, SAMPLE_BOOL, s->num & 1);
}

SAMPLE_CONVERT(is_even)
{
	return sample_give_num(s, SAMPLE_BOOL, !(s->num & 1));
}

/* ---- ipmask ------------------------------------------------------------------------------- */

struct masks {
	uint8_t v4[4], v6[16];
	bool has_v6;
};

static bool read_mask(struct slice text, uint8_t *mask, unsigned n_bytes)
{
	struct sample_addr a;
	int64_t bits;

	if (sample_text_to_int(text, &bits)) {
		if (bits < 0 || bits > n_bytes * 8)
			return false;
		for (unsigned i = 0; i < n_bytes; i++, bits -= 8)
			mask[i] = (uint8_t)(bits >= 8 ? 255 : bits <= 0 ? 0 : 255 << (8 - bits));
		return true;
	}
	if (!sample_addr_parse(&a, text) || a.v6 != (n_bytes == 16))
		return false;
	memcpy(mask, a.byte, n_bytes);
	return true;
}

static bool check_masks(struct rules_build *b, struct sample_call *call)
{
	struct masks *m = ARENA_NEW(b->arena, struct masks);

	call->data = m;
	m->has_v6 = call->args[1].given;
	if (!read_mask(call->args[0].str, m->v4, 4) ||
	    (m->has_v6 && !read_mask(call->args[1].str, m->v6, 16))) {
		rules_error(b, "ipmask: not a mask");
		return false;
	}
	return true;
}

SAMPLE_CONVERT(mask_addr)
{
	const struct masks *m = c->data;
	const uint8_t *mask = s->addr.v6 ? m->v6 : m->v4;

	if (s->addr.v6 && !m->has_v6)
		return false;
	for (unsigned i = 0; i < (s->addr.v6 ? 16u : 4u); i++)
		s->addr.byte[i] &= mask[i];
	return true;
}

/* ---- hashes ------------------------------------------------------------------------------- */

/* Robert Jenkins' 32-bit integer mix: what HAProxy's manual calls avalanche. */
static uint32_t avalanche(uint32_t a)
{
	a = (a + 0x7ed55d16) + (a << 12);
	a = (a ^ 0xc761c23c) ^ (a >> 19);
	a = (a + 0x165667b1) + (a << 5);
	a = (a + 0xd3a2646c) ^ (a << 9);
	a = (a + 0xfd7046c5) + (a << 3);
	a = (a ^ 0xb55a4f09) ^ (a >> 16);
	return a;
}

static bool give_hash(const struct sample_call *c, uint32_t hash, struct sample *s)
{
	return sample_give_num(s, SAMPLE_INT, c->args[0].num ? avalanche(hash) : hash);
}

static uint32_t crc(struct slice text, uint32_t polynomial)
{
	uint32_t sum = 0xffffffff;

	for (size_t i = 0; i < text.len; i++) {
		sum ^= (unsigned char)text.ptr[i];
		for (unsigned bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? polynomial : 0);
	}
	return ~sum;
}

SAMPLE_CONVERT(crc32)
{
	return give_hash(c, crc(s->str, 0xedb88320), s);
}

SAMPLE_CONVERT(crc32c)
{
	return give_hash(c, crc(s->str, 0x82f63b78), s);
}

SAMPLE_CONVERT(djb2)
{
	uint32_t hash = 5381;

	for (size_t i = 0; i < s->str.len; i++)
		hash = hash * 33 + (unsigned char)s->str.ptr[i];
	return give_hash(c, hash, s);
}

SAMPLE_CONVERT(sdbm)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < s->str.len; i++)
		hash = (unsigned char)s->str.ptr[i] + (hash << 6) + (hash << 16) - hash;
	return give_hash(c, hash, s);
}

SAMPLE_CONVERT(hash_xxh32)
{
	return sample_give_num(s, SAMPLE_INT,
			       XXH32(s->str.ptr, s->str.len, (XXH32_hash_t)c->args[0].num));
}

SAMPLE_CONVERT(hash_xxh64)
{
	return sample_give_num(
		s, SAMPLE_INT,
		(int64_t)XXH64(s->str.ptr, s->str.len, (XXH64_hash_t)c->args[0].num));
}

SAMPLE_CONVERT(hash_xxh3)
{
	return sample_give_num(s, SAMPLE_INT,
			       (int64_t)XXH3_64bits_withSeed(s->str.ptr, s->str.len,
							     (XXH64_hash_t)c->args[0].num));
}

#define INT  SAMPLE_INT
#define BOOL SAMPLE_BOOL

const struct converter_row converter_number_rows[] = {
	{"add", INT, INT, "s", add, check_operand, "plus a number or variable"},
	{"sub", INT, INT, "s", sub, check_operand, "minus"},
	{"mul", INT, INT, "s", mul, check_operand, "times"},
	{"div", INT, INT, "s", divide, check_operand, "divided by"},
	{"mod", INT, INT, "s", modulo, check_operand, "the rest of a division"},
	{"and", INT, INT, "s", bit_and, check_operand, "bits of both"},
	{"or", INT, INT, "s", bit_or, check_operand, "bits of either"},
	{"xor", INT, INT, "s", bit_xor, check_operand, "bits that differ"},
	{"cpl", INT, INT, "", complement, NULL, "all bits turned"},
	{"neg", INT, INT, "", negative, NULL, "with the other sign"},
	{"not", INT, BOOL, "", is_not, NULL, "is zero"},
	{"bool", INT, BOOL, "", is_true, NULL, "is not zero"},
	{"odd", INT, BOOL, "", is_odd, NULL, "is odd"},
	{"even", INT, BOOL, "", is_even, NULL, "is even"},
	{"ipmask", SAMPLE_ADDR, SAMPLE_ADDR, "sS", mask_addr, check_masks, "the network's part"},
	{"crc32", SAMPLE_BIN, INT, "I", crc32, NULL, "a hash of 32 bits"},
	{"crc32c", SAMPLE_BIN, INT, "I", crc32c, NULL, "a hash of 32 bits"},
	{"djb2", SAMPLE_BIN, INT, "", djb2, NULL, "a hash of 32 bits"},
	{"sdbm", SAMPLE_BIN, INT, "", sdbm, NULL, "a hash of 32 bits"},
	{"xxh32", SAMPLE_BIN, INT, "I", hash_xxh32, NULL, "a hash of 32 bits"},
	{"xxh64", SAMPLE_BIN, INT, "I", hash_xxh64, NULL, "a hash of 64 bits"},
	{"xxh3", SAMPLE_BIN, INT, "I", hash_xxh3, NULL, "a hash of 64 bits"},
	{.name = NULL},
};
