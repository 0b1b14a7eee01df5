/*
 * Sets of patterns. Whole texts are looked up in a table when there are more than a few, networks
 * by binary search per prefix length; the other methods try one pattern after the other.
 */
#include "balancer/rules/match.h"

#include <stdlib.h>
#include <strings.h>

#include "balancer/rules/substitute.h"

struct text_pattern {
	struct slice text;
	struct regex *re;
	bool ignore_case;
	int index;
};

struct range_pattern {
	int64_t low, high;
	int index;
};

struct net_pattern {
	uint8_t bits; /* of 128; IPv4 networks count from 96 */
	uint8_t key[16];
	int index;
};

enum { FEW = 6 };

struct v4_pattern {	    /* a few IPv4 networks, tried one by one */
	uint32_t net, mask; /* network order */
	int index;
};

typedef int find_fn(const struct match_set *set, struct sample *s, struct rule_input *in);

struct match_set {
	find_fn *find; /* chosen by kind when sealed */
	enum match_kind kind;
	struct v4_pattern *v4s; /* sealed: instead of nets when all are IPv4 */
	struct text_pattern *texts;
	unsigned n_texts;
	struct range_pattern *ranges;
	unsigned n_ranges;
	struct net_pattern *nets; /* sealed: sorted by bits, then key */
	unsigned n_nets;
	uint32_t *table; /* of texts, whole and case-sensitive; index + 1, 0 = free */
	uint32_t table_mask;
	bool has_caseless;
};

const char *const match_names[] = {
#define X(id, name, doc) name,
	RULES_MATCHES(X)
#undef X
		NULL,
};

int match_kind_find(struct slice name)
{
	for (int i = 0; match_names[i]; i++)
		if (slice_eq_str(name, match_names[i]))
			return i;
	return -1;
}

int match_kind_for(enum sample_type type)
{
	switch (type) {
	case SAMPLE_BOOL:
		return MATCH_BOOL;
	case SAMPLE_INT:
		return MATCH_INT;
	case SAMPLE_ADDR:
		return MATCH_IP;
	case SAMPLE_STR:
		return MATCH_STR;
	default:
		return -1;
	}
}

struct match_set *match_set_new(struct rules_build *b, enum match_kind kind)
{
	struct match_set *set = ARENA_NEW(b->arena, struct match_set);

	set->kind = kind;
	return set;
}

/* ---- adding ------------------------------------------------------------------------------- */

/* "1.2" counts 1 << 16 | 2, as versions do. */
static bool read_bound(struct slice text, int64_t *num)
{
	struct slice rest = text, major = slice_cut(&rest, '.');
	int64_t minor;

	if (major.len == text.len)
		return sample_text_to_int(text, num);
	if (!sample_text_to_int(major, num) || !sample_text_to_int(rest, &minor))
		return false;
	*num = *num << 16 | minor;
	return true;
}

static bool read_range(struct slice text, struct range_pattern *r)
{
	static const char ops[][4] = {"eq:", "ge:", "gt:", "le:", "lt:"};
	struct slice high = text, low;
	int64_t n;

	r->low = INT64_MIN;
	r->high = INT64_MAX;
	for (unsigned i = 0; i < 5; i++) {
		if (!slice_starts(text, slice_of(ops[i])))
			continue;
		if (!read_bound((struct slice){text.ptr + 3, text.len - 3}, &n))
			return false;
		if (i <= 2)
			r->low = i == 2 ? n + 1 : n;
		if (i == 0 || i >= 3)
			r->high = i == 4 ? n - 1 : n;
		return true;
	}
	low = slice_cut(&high, ':');
	if (low.len == text.len) {
		if (!read_bound(text, &r->low))
			return false;
		r->high = r->low;
		return true;
	}
	return (low.len > 0 || high.len > 0) && (low.len == 0 || read_bound(low, &r->low)) &&
	       (high.len == 0 || read_bound(high, &r->high));
}

static void make_key(const struct sample_addr *a, uint8_t key[static 16])
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};

	if (a->v6) {
		memcpy(key, a->byte, 16);
		return;
	}
	memcpy(key, mapped, 12);
	memcpy(key + 12, a->byte, 4);
}

static void mask_key(uint8_t key[static 16], unsigned bits)
{
	for (unsigned i = 0; i < 16; i++)
		if (i * 8 + 8 > bits)
			key[i] &= (uint8_t)(i * 8 >= bits ? 0 : 255 << (8 - (bits - i * 8)));
}

/* Abbreviated: the last number is the host's, "192.168.1" is 192.168.0.1, "127" is 0.0.0.127. */
static bool read_short_v4(struct slice text, struct sample_addr *a)
{
	unsigned long long n;
	unsigned i = 0;

	memset(a, 0, sizeof(*a));
	for (; i < 4 && text.len > 0; i++) {
		if (!slice_to_uint(slice_cut(&text, '.'), 255, &n))
			return false;
		a->byte[text.len > 0 ? i : 3] = (uint8_t)n;
	}
	return i > 0 && text.len == 0;
}

static bool read_bits(struct slice mask, bool v6, unsigned *bits)
{
	struct sample_addr a;
	unsigned long long n;

	if (slice_to_uint(mask, v6 ? 128 : 32, &n)) {
		*bits = (unsigned)n + (v6 ? 0 : 96);
		return true;
	}
	if (v6 || !sample_addr_parse(&a, mask) || a.v6)
		return false;
	for (n = 0; n < 32 && (a.byte[n / 8] & (128 >> n % 8)); n++)
		;
	*bits = (unsigned)n + 96;
	for (; n < 32; n++)
		if (a.byte[n / 8] & (128 >> n % 8))
			return false; /* not a prefix */
	return true;
}

static bool read_net(struct slice text, struct net_pattern *net)
{
	struct slice mask = text, host = slice_cut(&mask, '/');
	struct sample_addr a;
	unsigned bits = 128;

	if (!sample_addr_parse(&a, host) && !read_short_v4(host, &a))
		return false;
	if (host.len < text.len && !read_bits(mask, a.v6, &bits))
		return false;
	net->bits = (uint8_t)bits;
	make_key(&a, net->key);
	mask_key(net->key, bits);
	return true;
}

static bool add_net(struct rules_build *b, struct match_set *set, struct slice text, int index)
{
	struct net_pattern net = {.index = index};

	if (!read_net(text, &net)) {
		rules_error(b, "'%.*s' is not an address or network", (int)text.len, text.ptr);
		return false;
	}
	*RULES_PUSH(b->arena, set->nets, set->n_nets) = net;
	return true;
}

static bool add_range(struct rules_build *b, struct match_set *set, struct slice text, int index)
{
	struct range_pattern r = {.index = index};

	if (!read_range(text, &r)) {
		rules_error(b, "'%.*s' is not an integer or a range", (int)text.len, text.ptr);
		return false;
	}
	*RULES_PUSH(b->arena, set->ranges, set->n_ranges) = r;
	return true;
}

static struct slice trim_set(struct slice text, const char *set)
{
	while (text.len > 0 && strchr(set, text.ptr[0])) {
		text.ptr++;
		text.len--;
	}
	while (text.len > 0 && strchr(set, text.ptr[text.len - 1]))
		text.len--;
	return text;
}

static bool unhex(struct rules_build *b, struct slice hex, struct slice *out)
{
	char *buf = arena_alloc(b->arena, hex.len / 2 + 1), digits[3] = "", *end;

	for (size_t i = 0; i < hex.len; i += 2) {
		if (i + 1 >= hex.len)
			return false;
		memcpy(digits, hex.ptr + i, 2);
		buf[i / 2] = (char)strtoul(digits, &end, 16);
		if (*end)
			return false;
	}
	*out = (struct slice){buf, hex.len / 2};
	return true;
}

static bool add_text(struct rules_build *b, struct match_set *set, struct slice text,
		     bool ignore_case, int index)
{
	struct text_pattern p = {.ignore_case = ignore_case, .index = index};

	if (set->kind == MATCH_REG) {
		p.re = rules_regex(b, text, ignore_case);
		if (!p.re)
			return false;
	}
	if (set->kind == MATCH_DIR)
		text = trim_set(text, "/");
	else if (set->kind == MATCH_DOM)
		text = trim_set(text, "./?:");
	if (set->kind == MATCH_BIN) {
		if (!unhex(b, text, &p.text)) {
			rules_error(b, "'%.*s' is not hexadecimal", (int)text.len, text.ptr);
			return false;
		}
	} else {
		p.text = arena_slice_dup(b->arena, text);
	}
	set->has_caseless |= ignore_case;
	*RULES_PUSH(b->arena, set->texts, set->n_texts) = p;
	return true;
}

bool match_set_add(struct rules_build *b, struct match_set *set, struct slice text,
		   bool ignore_case, int index)
{
	switch (set->kind) {
	case MATCH_FOUND:
	case MATCH_BOOL:
		return true;
	case MATCH_INT:
	case MATCH_LEN:
		return add_range(b, set, text, index);
	case MATCH_IP:
		return add_net(b, set, text, index);
	default:
		return add_text(b, set, text, ignore_case, index);
	}
}

/* ---- tables ------------------------------------------------------------------------------- */

static uint32_t hash_text(struct slice text)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.ptr[i]) * 16777619u;
	return h ^ h >> 15;
}

static int compare_nets(const void *a, const void *b)
{
	const struct net_pattern *x = a, *y = b;

	if (x->bits != y->bits)
		return x->bits > y->bits ? -1 : 1; /* the longest prefix first */
	return memcmp(x->key, y->key, 16);
}

/* ---- matching ----------------------------------------------------------------------------- */

static int find_in_table(const struct match_set *set, struct slice text)
{
	uint32_t at = hash_text(text) & set->table_mask;

	for (; set->table[at]; at = (at + 1) & set->table_mask)
		if (slice_eq(set->texts[set->table[at] - 1].text, text))
			return set->texts[set->table[at] - 1].index;
	return -1;
}

/* The first byte tells most texts apart, without a call. */
static inline bool same_bytes(const char *a, const char *b, size_t len, bool ignore_case)
{
	if (len == 0)
		return true;
	if (ignore_case)
		return ((*a ^ *b) & ~32) == 0 && strncasecmp(a, b, len) == 0;
	return *a == *b && memcmp(a, b, len) == 0;
}

static bool has_part(const struct text_pattern *p, struct slice text)
{
	if (!p->ignore_case)
		return memmem(text.ptr, text.len, p->text.ptr, p->text.len) != NULL;
	for (size_t i = 0; i + p->text.len <= text.len; i++)
		if (strncasecmp(text.ptr + i, p->text.ptr, p->text.len) == 0)
			return true;
	return false;
}

/* Somewhere between delimiters (or the ends). */
static bool has_whole_part(const struct text_pattern *p, struct slice text, const char *delims)
{
	size_t n = p->text.len;

	if (n == 0)
		return false;
	for (size_t i = 0; i + n <= text.len; i++) {
		if (i > 0 && !strchr(delims, text.ptr[i - 1]))
			continue;
		if (i + n < text.len && !strchr(delims, text.ptr[i + n]))
			continue;
		if (same_bytes(text.ptr + i, p->text.ptr, n, p->ignore_case))
			return true;
	}
	return false;
}

static int find_in_list(const struct match_set *set, struct slice text)
{
	for (unsigned i = 0; i < set->n_texts; i++) {
		const struct text_pattern *p = &set->texts[i];
		size_t n = p->text.len;
		bool hit = false;

		switch (set->kind) {
		case MATCH_SUB:
			hit = has_part(p, text);
			break;
		case MATCH_REG:
			hit = regex_match(p->re, text);
			break;
		case MATCH_DIR:
			hit = has_whole_part(p, text, "/?");
			break;
		case MATCH_DOM:
			hit = has_whole_part(p, text, "./?:");
			break;
		case MATCH_END:
			hit = n <= text.len &&
			      same_bytes(text.ptr + text.len - n, p->text.ptr, n, p->ignore_case);
			break;
		default:
			break;
		}
		if (hit)
			return p->index;
	}
	return -1;
}

static inline bool cast(struct sample *s, enum sample_type type, struct rule_input *in)
{
	return s->type == type || sample_cast(s, type, in);
}

static int find_other_text(const struct match_set *set, struct sample *s, struct rule_input *in)
{
	return cast(s, SAMPLE_STR, in) ? find_in_list(set, s->str) : -1;
}

static int find_beginning(const struct match_set *set, struct sample *s, struct rule_input *in)
{
	if (!cast(s, SAMPLE_STR, in))
		return -1;
	for (unsigned k = 0; k < set->n_texts; k++) {
		const struct text_pattern *p = &set->texts[k];

		if (p->text.len <= s->str.len &&
		    same_bytes(s->str.ptr, p->text.ptr, p->text.len, p->ignore_case))
			return p->index;
	}
	return -1;
}

static int find_whole(const struct match_set *set, struct sample *s, struct rule_input *in)
{
	int i;

	if (!cast(s, SAMPLE_STR, in))
		return -1;
	if (set->table) {
		i = find_in_table(set, s->str);
		if (i >= 0 || !set->has_caseless)
			return i;
	}
	for (unsigned k = 0; k < set->n_texts; k++) {
		const struct text_pattern *p = &set->texts[k];

		if (p->text.len == s->str.len &&
		    same_bytes(s->str.ptr, p->text.ptr, p->text.len, p->ignore_case))
			return p->index;
	}
	return -1;
}

static int find_range(const struct match_set *set, int64_t num)
{
	for (unsigned i = 0; i < set->n_ranges; i++)
		if (num >= set->ranges[i].low && num <= set->ranges[i].high)
			return set->ranges[i].index;
	return -1;
}

static int find_key(const struct match_set *set, const uint8_t key[static 16])
{
	unsigned from = 0, to;

	while (from < set->n_nets) { /* one prefix length after the other */
		struct net_pattern want = {.bits = set->nets[from].bits};
		const struct net_pattern *hit;

		for (to = from + 1; to < set->n_nets && set->nets[to].bits == want.bits; to++)
			;
		memcpy(want.key, key, 16);
		mask_key(want.key, want.bits);
		hit = bsearch(&want, set->nets + from, to - from, sizeof(want), compare_nets);
		if (hit)
			return hit->index;
		from = to;
	}
	return -1;
}

/* IPv4 inside IPv6 is looked for as both (6to4, compatible and mapped addresses). */
static int find_addr(const struct match_set *set, const struct sample_addr *a)
{
	static const uint8_t zero[12];
	struct sample_addr v4 = {.v6 = false};
	uint8_t key[16];
	int i;

	make_key(a, key);
	i = find_key(set, key);
	if (i >= 0 || !a->v6)
		return i;
	if (a->byte[0] == 0x20 && a->byte[1] == 0x02)
		memcpy(v4.byte, a->byte + 2, 4);
	else if (memcmp(a->byte, zero, 12) == 0)
		memcpy(v4.byte, a->byte + 12, 4);
	else
		return -1;
	make_key(&v4, key);
	return find_key(set, key);
}

static int find_v4(const struct match_set *set, struct sample *s, struct rule_input *in)
{
	uint32_t word;

	if (!cast(s, SAMPLE_ADDR, in))
		return -1;
	if (s->addr.v6)
		return find_addr(set, &s->addr);
	memcpy(&word, s->addr.byte, sizeof(word));
	for (unsigned i = 0; i < set->n_nets; i++)
		if ((word & set->v4s[i].mask) == set->v4s[i].net)
			return set->v4s[i].index;
	return -1;
}

static int find_ip(const struct match_set *set, struct sample *s, struct rule_input *in)
{
	return cast(s, SAMPLE_ADDR, in) ? find_addr(set, &s->addr) : -1;
}

static int find_int(const struct match_set *set, struct sample *s, struct rule_input *in)
{
	return cast(s, SAMPLE_INT, in) ? find_range(set, s->num) : -1;
}

static int find_length(const struct match_set *set, struct sample *s, struct rule_input *in)
{
	return cast(s, SAMPLE_STR, in) ? find_range(set, (int64_t)s->str.len) : -1;
}

static int find_true(const struct match_set *set, struct sample *s, struct rule_input *in)
{
	(void)set;
	return cast(s, SAMPLE_BOOL, in) && s->num ? 0 : -1;
}

static int find_anything(const struct match_set *set, struct sample *s, struct rule_input *in)
{
	(void)set;
	(void)s;
	(void)in;
	return 0;
}

int match_set_find(const struct match_set *set, struct sample *s, struct rule_input *in)
{
	return set->find(set, s, in);
}

/* ---- sealing ------------------------------------------------------------------------------ */

static find_fn *choose(const struct match_set *set)
{
	switch (set->kind) {
	case MATCH_FOUND:
		return find_anything;
	case MATCH_BOOL:
		return find_true;
	case MATCH_INT:
		return find_int;
	case MATCH_LEN:
		return find_length;
	case MATCH_IP:
		return set->v4s ? find_v4 : find_ip;
	case MATCH_STR:
	case MATCH_BIN:
		return find_whole;
	case MATCH_BEG:
		return find_beginning;
	default:
		return find_other_text;
	}
}

static void seal_nets(struct rules_build *b, struct match_set *set)
{
	unsigned n_v4 = 0;

	if (set->n_nets > 1)
		qsort(set->nets, set->n_nets, sizeof(*set->nets), compare_nets);
	while (n_v4 < set->n_nets && set->nets[n_v4].bits >= 96)
		n_v4++;
	if (set->n_nets == 0 || set->n_nets > FEW || n_v4 < set->n_nets)
		return;
	set->v4s = ARENA_ARRAY(b->arena, struct v4_pattern, set->n_nets);
	for (unsigned i = 0; i < set->n_nets; i++) {
		uint8_t mask[16];

		memset(mask, 255, sizeof(mask));
		mask_key(mask, set->nets[i].bits);
		memcpy(&set->v4s[i].mask, mask + 12, 4);
		memcpy(&set->v4s[i].net, set->nets[i].key + 12, 4);
		set->v4s[i].index = set->nets[i].index;
	}
}

void match_set_seal(struct rules_build *b, struct match_set *set)
{
	uint32_t size = 16;

	seal_nets(b, set);
	set->find = choose(set);
	if ((set->kind != MATCH_STR && set->kind != MATCH_BIN) || set->n_texts <= FEW)
		return;
	while (size < set->n_texts * 2)
		size *= 2;
	set->table = ARENA_ARRAY(b->arena, uint32_t, size);
	set->table_mask = size - 1;
	for (unsigned i = 0; i < set->n_texts; i++) {
		uint32_t at = hash_text(set->texts[i].text) & set->table_mask;

		if (set->texts[i].ignore_case)
			continue;
		while (set->table[at])
			at = (at + 1) & set->table_mask;
		set->table[at] = i + 1;
	}
}

bool match_file_next(struct slice *rest, struct slice *line)
{
	while (rest->len > 0) {
		bool comment;

		*line = slice_cut(rest, '\n');
		comment = line->len > 0 && line->ptr[0] == '#';
		*line = slice_trim(*line);
		if (line->len > 0 && line->ptr[line->len - 1] == '\r')
			line->len--;
		if (line->len > 0 && !comment)
			return true;
	}
	return false;
}
