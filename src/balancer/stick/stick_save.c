/*
 * See stick_save.h. Both sides are forks of one binary, so structs travel as they are. Connections
 * at present (conn_cur) stay with the process that has them; of a rate its value now is kept.
 */
#include "balancer/stick/stick_save.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_LEN = 64, MAGIC = 0x52535431, STEP_NS = 1000000 };

enum { RECORD_END, RECORD_TABLE, RECORD_ENTRY };

struct record {
	uint32_t kind, type;	/* of the key: RECORD_TABLE */
	uint32_t len, n_values; /* of the name or key that follows; then of values */
	int64_t touched_us;
};

struct value {
	uint32_t data, element;
	uint64_t value;
};

/* ---- writing --------------------------------------------------------------------------------- */

struct writer {
	FILE *out;
	int64_t now_us;
};

static unsigned collect(const struct stick_hand *hand, int64_t now_us, struct value *values,
			unsigned max)
{
	const struct stick_table_conf *conf = stick_table_conf_of(hand->table);
	unsigned n = 0;

	for (unsigned d = 0; d < STICK_DATA_TYPES; d++)
		for (unsigned e = 0; e < conf->fields[d].n && d != STICK_CONN_CUR && n < max; e++) {
			values[n] = (struct value){d, e, 0};
			values[n].value = stick_get(hand, (enum stick_data)d, e, now_us);
			n += values[n].value != 0;
		}
	return n;
}

/* stick_each_fn */
static bool write_entry(void *ctx, const struct stick_hand *hand)
{
	struct value values[STICK_DATA_TYPES + 3 * STICK_ARRAY_MAX];
	const struct writer *w = ctx;
	struct stick_key key;
	struct record r = {.kind = RECORD_ENTRY};

	stick_key_of(hand, &key);
	r.len = key.len;
	r.touched_us = w->now_us - stick_idle_us(hand, w->now_us);
	r.n_values = collect(hand, w->now_us, values, sizeof(values) / sizeof(values[0]));
	fwrite(&r, sizeof(r), 1, w->out);
	fwrite(key.bytes, key.len, 1, w->out);
	fwrite(values, sizeof(values[0]), r.n_values, w->out);
	return false;
}

static void write_table(struct writer *w, struct stick_table *t)
{
	const struct stick_table_conf *conf = stick_table_conf_of(t);
	struct record r = {
		.kind = RECORD_TABLE, .type = conf->type, .len = (uint32_t)strlen(conf->name)};

	fwrite(&r, sizeof(r), 1, w->out);
	fwrite(conf->name, r.len, 1, w->out);
	stick_table_each(t, w->now_us, write_entry, w);
}

int stick_save(const struct stick_house *house, int fd, int64_t now_us)
{
	struct record end = {.kind = RECORD_END};
	struct writer w = {.now_us = now_us};
	uint32_t magic = MAGIC;
	int copy = dup(fd);

	w.out = copy < 0 ? NULL : fdopen(copy, "w");
	if (!w.out) {
		int err = errno;

		if (copy >= 0)
			close(copy);
		return -err;
	}
	fseek(w.out, HEAD_LEN, SEEK_SET);
	for (unsigned i = 0; i < stick_house_count(house); i++)
		write_table(&w, stick_house_at(house, i));
	fwrite(&end, sizeof(end), 1, w.out);
	if (fclose(w.out) != 0)
		return -errno;
	return pwrite(fd, &magic, sizeof(magic), 0) == sizeof(magic) ? 0 : -errno;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct found { /* an entry in the file */
	struct stick_table *table;
	const char *at;
};

struct reader {
	struct found *all;
	size_t n, cap;
};

static struct record record_at(const char *at)
{
	struct record r;

	memcpy(&r, at, sizeof(r));
	return r;
}

static int by_touch(const void *a, const void *b)
{
	int64_t x = record_at(((const struct found *)a)->at).touched_us;
	int64_t y = record_at(((const struct found *)b)->at).touched_us;

	return (x > y) - (x < y);
}

static struct stick_table *table_named(const struct stick_house *house, const struct record *r,
				       const char *name)
{
	for (unsigned i = 0; i < stick_house_count(house); i++) {
		struct stick_table *t = stick_house_at(house, i);
		const struct stick_table_conf *conf = stick_table_conf_of(t);

		if (strlen(conf->name) == r->len && memcmp(conf->name, name, r->len) == 0)
			return conf->type == r->type ? t : NULL;
	}
	return NULL;
}

static int add(struct reader *rd, struct stick_table *table, const char *at)
{
	if (rd->n == rd->cap) {
		size_t cap = rd->cap ? rd->cap * 2 : 1024;
		struct found *more = realloc(rd->all, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		rd->all = more;
		rd->cap = cap;
	}
	rd->all[rd->n++] = (struct found){table, at};
	return 0;
}

static int find_all(struct reader *rd, const struct stick_house *house, const char *at,
		    const char *end)
{
	struct stick_table *table = NULL;
	struct record r;
	size_t len;
	int err = 0;

	for (; !err && (size_t)(end - at) >= sizeof(r); at += len) {
		r = record_at(at);
		len = sizeof(r) + r.len + r.n_values * sizeof(struct value);
		if (r.kind == RECORD_END)
			return 0;
		if (len > (size_t)(end - at))
			return -EBADMSG;
		if (r.kind == RECORD_TABLE)
			table = table_named(house, &r, at + sizeof(r));
		else if (table)
			err = add(rd, table, at);
	}
	return err ? err : -EBADMSG;
}

static bool take_up(const struct found *f, int64_t now_us)
{
	const struct stick_table_conf *conf = stick_table_conf_of(f->table);
	struct record r = record_at(f->at);
	const char *at = f->at + sizeof(r);
	struct stick_hand hand;
	struct stick_key key = {.len = r.len};

	if (r.len > conf->key_len || r.len > STICK_KEY_MAX ||
	    (conf->type == STICK_KEY_BINARY && r.len != conf->key_len))
		return false;
	if (conf->expire_ms > 0 && now_us - r.touched_us >= (int64_t)conf->expire_ms * 1000)
		return false;
	memcpy(key.bytes, at, r.len);
	at += r.len;
	if (!stick_open(f->table, &key, true, now_us, &hand))
		return false;
	for (uint32_t i = 0; i < r.n_values; i++, at += sizeof(struct value)) {
		struct value v;

		memcpy(&v, at, sizeof(v));
		if (v.data < STICK_DATA_TYPES)
			stick_set(&hand, (enum stick_data)v.data, v.element, v.value, now_us);
	}
	stick_touch(&hand, r.touched_us);
	stick_close(&hand);
	return true;
}

/* The least recently touched first: a table keeps its entries in that order. */
static int take_up_all(const struct stick_house *house, const char *bytes, size_t len,
		       int64_t now_us)
{
	struct reader rd = {.n = 0};
	int err = find_all(&rd, house, bytes + HEAD_LEN, bytes + len), n = 0;

	if (!err && rd.n > 0) {
		qsort(rd.all, rd.n, sizeof(*rd.all), by_touch);
		for (size_t i = 0; i < rd.n; i++)
			n += take_up(&rd.all[i], now_us);
	}
	free(rd.all);
	return err ? err : n;
}

static bool is_whole(int fd)
{
	uint32_t magic = 0;

	return pread(fd, &magic, sizeof(magic), 0) == sizeof(magic) && magic == MAGIC;
}

int stick_load(const struct stick_house *house, int fd, int64_t now_us, int wait_ms)
{
	const struct timespec step = {0, STEP_NS};
	struct stat st;
	char *bytes;
	int n;

	for (int i = 0; !is_whole(fd); i++) {
		if (i >= wait_ms)
			return -ETIMEDOUT;
		nanosleep(&step, NULL);
	}
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < HEAD_LEN)
		return -EBADMSG;
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	n = take_up_all(house, bytes, (size_t)st.st_size, now_us);
	munmap(bytes, (size_t)st.st_size);
	return n;
}
