/*
 * Samples that need no traffic: constants, environment, date, chance, variables. And the names of
 * what HAProxy has beyond all this, so that they are refused by name.
 */
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "balancer/rules/sample.h"
#include "core/base/text.h"

SAMPLE_GET(get_true)
{
	return sample_give_num(out, SAMPLE_BOOL, 1);
}

SAMPLE_GET(get_false)
{
	return sample_give_num(out, SAMPLE_BOOL, 0);
}

SAMPLE_GET(get_str)
{
	return sample_give_str(out, c->args[0].str);
}

SAMPLE_GET(get_int)
{
	return sample_give_num(out, SAMPLE_INT, c->args[0].num);
}

SAMPLE_GET(get_prepared)
{
	*out = *(const struct sample *)c->data;
	return true;
}

static bool check_bool(struct rules_build *b, struct sample_call *call)
{
	struct sample *s = ARENA_NEW(b->arena, struct sample);

	sample_give_str(s, call->args[0].str);
	if (!slice_eq_str(s->str, "true") && !slice_eq_str(s->str, "false") &&
	    !slice_eq_str(s->str, "1") && !slice_eq_str(s->str, "0")) {
		rules_error(b, "bool: '%s' is neither true nor false", call->args[0].str.ptr);
		return false;
	}
	sample_cast(s, SAMPLE_BOOL, NULL);
	call->data = s;
	return true;
}

static bool check_addr(struct rules_build *b, struct sample_call *call)
{
	struct sample *s = ARENA_NEW(b->arena, struct sample);

	s->type = SAMPLE_ADDR;
	if (!sample_addr_parse(&s->addr, call->args[0].str)) {
		rules_error(b, "'%s' is not an address", call->args[0].str.ptr);
		return false;
	}
	call->data = s;
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'		    ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
						    : -1;
}

static bool check_bin(struct rules_build *b, struct sample_call *call)
{
	struct sample *s = ARENA_NEW(b->arena, struct sample);
	struct slice hex = call->args[0].str;
	char *buf = arena_alloc(b->arena, hex.len / 2 + 1);

	for (size_t i = 0; i < hex.len; i++) {
		if (hex.len % 2 || hex_digit(hex.ptr[i]) < 0) {
			rules_error(b, "bin: '%s' is not hexadecimal", hex.ptr);
			return false;
		}
		if (i % 2)
			buf[i / 2] = (char)(hex_digit(hex.ptr[i - 1]) * 16 + hex_digit(hex.ptr[i]));
	}
	s->type = SAMPLE_BIN;
	s->str = (struct slice){buf, hex.len / 2};
	call->data = s;
	return true;
}

/* The environment is read once: it cannot change under us. */
static bool check_env(struct rules_build *b, struct sample_call *call)
{
	const char *value = getenv(call->args[0].str.ptr);
	struct sample *s = ARENA_NEW(b->arena, struct sample);

	sample_give_str(s, slice_of(arena_strdup(b->arena, value ? value : "")));
	call->data = s;
	return true;
}

static bool check_hostname(struct rules_build *b, struct sample_call *call)
{
	struct sample *s = ARENA_NEW(b->arena, struct sample);
	char buf[256] = "";

	gethostname(buf, sizeof(buf) - 1);
	sample_give_str(s, slice_of(arena_strdup(b->arena, buf)));
	call->data = s;
	return true;
}

static bool check_date(struct rules_build *b, struct sample_call *call)
{
	static const struct {
		const char *unit;
		int64_t per_s;
	} units[] = {{"s", 1}, {"ms", 1000}, {"us", 1000000}};

	for (unsigned i = 0; i < 3; i++) {
		if (!call->args[1].given || slice_eq_str(call->args[1].str, units[i].unit)) {
			call->args[1].num = units[i].per_s;
			return true;
		}
	}
	rules_error(b, "date: the unit is s, ms or us");
	return false;
}

SAMPLE_GET(get_date)
{
	return sample_give_num(out, SAMPLE_INT,
			       in->wall_us / (1000000 / c->args[1].num) + c->args[0].num);
}

SAMPLE_GET(get_date_us)
{
	return sample_give_num(out, SAMPLE_INT, in->wall_us % 1000000);
}

static uint64_t random_number(void)
{
	uint64_t n = 0;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != sizeof(n))
		n = (uint64_t)random();
	return n;
}

SAMPLE_GET(get_rand)
{
	uint64_t n = random_number();

	if (c->args[0].given)
		return sample_give_num(out, SAMPLE_INT,
				       c->args[0].num > 0 ? (int64_t)(n % (uint64_t)c->args[0].num)
							  : 0);
	return sample_give_num(out, SAMPLE_INT, (int64_t)(n & 0xffffffff));
}

/* RFC 9562 5.4 */
SAMPLE_GET(get_uuid)
{
	uint64_t a = random_number(), d = random_number();
	char buf[40];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	text_fmt(&t, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
		 (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
		 (unsigned)(d >> 48 & 0x3fff) | 0x8000, (unsigned long long)d & 0xffffffffffff);
	return sample_give_str(out, arena_slice_dup(in->arena, (struct slice){buf, t.len}));
}

static bool check_var(struct rules_build *b, struct sample_call *call)
{
	struct rule_var_name *name = ARENA_NEW(b->arena, struct rule_var_name);

	call->data = name;
	return rule_var_parse(b, call->args[0].str, name);
}

SAMPLE_GET(get_var)
{
	if (rule_var_get(c->data, in, out))
		return true;
	return c->args[1].given && sample_give_str(out, c->args[1].str);
}

const struct sample_row sample_const_rows[] = {
	{"always_true", SAMPLE_BOOL, "", 0, get_true, NULL, "true"},
	{"always_false", SAMPLE_BOOL, "", 0, get_false, NULL, "false"},
	{"bool", SAMPLE_BOOL, "s", 0, get_prepared, check_bool, "a constant"},
	{"int", SAMPLE_INT, "i", 0, get_int, NULL, "a constant"},
	{"str", SAMPLE_STR, "S", 0, get_str, NULL, "a constant"},
	{"meth", SAMPLE_STR, "s", 0, get_str, NULL, "a constant"},
	{"bin", SAMPLE_BIN, "s", 0, get_prepared, check_bin, "a constant in hexadecimal"},
	{"ipv4", SAMPLE_ADDR, "s", 0, get_prepared, check_addr, "a constant"},
	{"ipv6", SAMPLE_ADDR, "s", 0, get_prepared, check_addr, "a constant"},
	{"env", SAMPLE_STR, "s", 0, get_prepared, check_env, "an environment variable"},
	{"hostname", SAMPLE_STR, "", 0, get_prepared, check_hostname, "the machine's name"},
	{"date", SAMPLE_INT, "IS", 0, get_date, check_date, "the date since 1970 in s, ms or us"},
	{"date_us", SAMPLE_INT, "", 0, get_date_us, NULL, "the date's microseconds"},
	{"rand", SAMPLE_INT, "I", 0, get_rand, NULL, "a random number below the argument"},
	{"uuid", SAMPLE_STR, "", 0, get_uuid, NULL, "a random UUID"},
	{"var", SAMPLE_ANY, "sS", 0, get_var, check_var, "a variable, else the second argument"},
	{.name = NULL},
};

const char *const sample_unserved[] = {
	"acl",
	"base32*",
	"bc_err*",
	"bc_glitches",
	"bc_rtt*",
	"bc_settings*",
	"be_conn_free",
	"capture.req.method",
	"capture.req.uri",
	"capture.req.ver",
	"capture.res.ver",
	"connslots",
	"cpu_*",
	"cur_server_timeout",
	"cur_tunnel_timeout",
	"cur_client_timeout",
	"distcc_*",
	"dst_conn",
	"dst_is_local",
	"fc_dst_is_local",
	"fc_err*",
	"fc_fackets",
	"fc_lost",
	"fc_pp_*",
	"fc_rcvd_proxy",
	"fc_reordering",
	"fc_retrans",
	"fc_rtt*",
	"fc_sacked",
	"fc_unacked",
	"fe_req_rate",

	"internal.*",
	"last_rule_*",
	"lat_*",
	"nbproc",
	"payload_lv",
	"pid",
	"prio_*",
	"proc",
	"quic_*",
	"rdp_cookie_cnt",
	"req.body*",
	"req.hdrs_bin",
	"req.payload_lv",
	"req.rdp_cookie_cnt",
	"req_rdp_cookie_cnt",
	"req.ssl_*",
	"req_ssl_*",
	"rep_ssl_hello_type",
	"res.body*",
	"res.cache_*",
	"res.comp*",
	"res.hdrs_bin",
	"res.len",
	"res.payload*",
	"res.ssl_*",
	"sc_*",
	"sc0_*",
	"sc1_*",
	"sc2_*",
	"src_*",
	"srv_conn*",
	"srv_queue",
	"srv_sess_rate",
	"srv_uweight",
	"srv_weight",
	"ssl_*",
	"stopping",
	"table_*",
	"thread",
	"txn.*",
	"unique-id",
	"url32*",
	"bytes_in",
	"bytes_out",
	"req.timer*",
	"res.timer*",
	"fc.timer*",
	"bc.timer*",
	"accept_date",
	"request_date",
	"lua.*",
	"when",
	"fs.*",
	"bs.*",
	"act_conn",
	"stats.*",
	NULL,
};
