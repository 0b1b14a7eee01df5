/*
 * Values of the native grammar: times, sizes, numbers, users and every form of address. Covers
 * core/conf/value.h and core/conf/conf_address.c. No name is ever looked up outside this machine.
 */
#include "conf_room.h"
#include "core/conf/value.h"

static struct conf_ctx ctx;

static int set_up_ctx(void **state)
{
	set_up(state);
	conf_ctx_init(&ctx, &files, &arena, &diags);
	return 0;
}

static void times_have_a_number_and_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {{"0", 0},	     {"7", 7000},	{"7us", 7},	    {"7ms", 7000},
		    {"7s", 7000000}, {"2m", 120000000}, {"1h", 3600000000}, {"1d", 86400000000}};
	static const char *const bad[] = {"",
					  "s",
					  "7q",
					  "7ss",
					  "-7",
					  "7 s",
					  "1h30m",
					  "1.5s",
					  "99999999999999999999",
					  "999999999999999999d"};
	int64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_null(conf_text_time(good[i].text, 1000, &us));
		assert_int_equal(us, good[i].us);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(conf_text_time(bad[i], 1000, &us));
}

static void sizes_are_powers_of_1024(void **state)
{
	uint64_t n;

	(void)state;
	assert_null(conf_text_size("16384", &n));
	assert_int_equal(n, 16384);
	assert_null(conf_text_size("16k", &n));
	assert_int_equal(n, 16384);
	assert_null(conf_text_size("2M", &n));
	assert_int_equal(n, 2 << 20);
	assert_null(conf_text_size("1g", &n));
	assert_int_equal(n, 1 << 30);
	assert_non_null(conf_text_size("1t", &n));
	assert_non_null(conf_text_size("1kb", &n));
	assert_non_null(conf_text_size("", &n));
	assert_non_null(conf_text_size("99999999999999999g", &n));
}

static void numbers_have_bounds(void **state)
{
	long long n;

	(void)state;
	assert_null(conf_text_int("-3", -5, 5, &n));
	assert_int_equal(n, -3);
	assert_non_null(conf_text_int("6", -5, 5, &n));
	assert_non_null(conf_text_int("3x", -5, 5, &n));
	assert_non_null(conf_text_int("", -5, 5, &n));
	assert_non_null(conf_text_int("99999999999999999999", 0, 5, &n));
}

/* A duration shorter than a unit is not "none". */
static void words_report_their_own_errors(void **state)
{
	static const struct conf_word words[] = {{"timeout", 1, false},
						 {"10us", 9, false},
						 {"nobody-of-that-name", 14, false},
						 {"root", 40, false},
						 {"", 45, false}};
	static const struct conf_keyword row = {.name = "timeout"};
	const struct conf_line line = {"t.cfg", 3, 4, words};
	static const char *const names[] = {"none", "rood", NULL};
	const char *text;
	uint32_t id = 7;
	unsigned choice;
	int ms = 0;

	(void)state;
	ctx.keyword = &row;
	assert_true(conf_word_time_ms(&ctx, &line, 1, 0, 0, &ms));
	assert_int_equal(ms, 1);
	assert_true(conf_word_user(&ctx, &line, 3, &id));
	assert_int_equal(id, 0);
	assert_true(conf_word_group(&ctx, &line, 3, &id));
	assert_true(conf_word_string(&ctx, &line, 3, &text));
	assert_string_equal(text, "root");
	assert_int_equal(diags.n_errors, 0);
	assert_false(conf_word_user(&ctx, &line, 2, &id));
	assert_int_equal(diags.first->place.column, 14);
	assert_string_equal(diags.first->text,
			    "'timeout' cannot be 'nobody-of-that-name': there is no such user");
	assert_false(conf_word_choice(&ctx, &line, 3, names, &choice));
	assert_string_equal(
		diags.first->next->text,
		"'timeout' cannot be 'root': did you mean 'rood'? (one of: none, rood)");
	assert_false(conf_word_int(&ctx, &line, 4, 0, 9, &ms));
	assert_string_equal(diags.first->next->next->text, "'timeout' needs a value");
}

enum {
	BIND = CONF_ADDRESS_PORT | CONF_ADDRESS_PORT_NEEDED | CONF_ADDRESS_RANGE |
	       CONF_ADDRESS_UNIX | CONF_ADDRESS_FD | CONF_ADDRESS_RESOLVE,
	SERVER = CONF_ADDRESS_PORT | CONF_ADDRESS_OFFSET | CONF_ADDRESS_UNIX | CONF_ADDRESS_RESOLVE,
	LOG = CONF_ADDRESS_PORT | CONF_ADDRESS_UNIX | CONF_ADDRESS_FD | CONF_ADDRESS_DGRAM,
};

static bool parse(const char *text, unsigned flags, struct conf_address *a)
{
	return conf_address_parse(&ctx, (struct conf_place){"t.cfg", 1, 6}, text, flags, a);
}

static void addresses_of_bind_lines(void **state)
{
	static const char *const cases[][2] = {
		{":80", "0.0.0.0:80"},
		{"*:80", "0.0.0.0:80"},
		{"192.0.2.1:80", "192.0.2.1:80"},
		{"[::]:443", "[::]:443"},
		{":::80", "[::]:80"},
		{"::1:80", "[::1]:80"},
		{"2001:db8::1:80", "[2001:db8::1]:80"},
		{"ipv4@:80", "0.0.0.0:80"},
		{"ipv6@:80", "[::]:80"},
		{"ipv6@::1:80", "[::1]:80"},
		{"tcp@192.0.2.1:80", "192.0.2.1:80"},
		{"unix@/run/x", "unix:/run/x"},
		{"/run/x", "unix:/run/x"},
		{"stream+/run/x", "unix:/run/x"},
		{"localhost:80", "127.0.0.1:80"},
	};
	char buf[ADDR_TEXT_MAX];
	struct conf_address a;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!parse(cases[i][0], BIND, &a))
			fail_msg("'%s' is refused", cases[i][0]);
		if (strcmp(cases[i][0], "localhost:80") != 0)
			assert_string_equal(addr_text(&a.addr, buf), cases[i][1]);
	}
	assert_string_equal(a.host, "localhost");
	assert_true(parse("*:8000-8010", BIND, &a));
	assert_int_equal(a.port_low, 8000);
	assert_int_equal(a.port_high, 8010);
	assert_true(parse("fd@7", BIND, &a));
	assert_int_equal(a.fd, 7);
	assert_int_equal(a.addr.len, 0);
	assert_true(parse("stream+fd@8", BIND, &a));
	assert_int_equal(a.fd, 8);
	assert_true(parse("sockpair@9", BIND, &a));
	assert_true(a.sockpair);
	assert_true(parse("abns@name", BIND, &a));
	assert_int_equal(a.addr.un.sun_path[0], 0);
	assert_int_equal(diags.n_errors, 0);
}

static void addresses_of_servers_may_lack_ports(void **state)
{
	struct conf_address a;

	(void)state;
	assert_true(parse("192.0.2.1", SERVER, &a));
	assert_false(a.has_port);
	assert_true(parse("192.0.2.1:", SERVER, &a));
	assert_false(a.has_port);
	assert_true(parse("192.0.2.1:+10", SERVER, &a));
	assert_true(a.is_offset);
	assert_int_equal(a.offset, 10);
	assert_true(parse("192.0.2.1:-10", SERVER, &a));
	assert_int_equal(a.offset, -10);
	assert_true(parse("192.0.2.1:0", SERVER, &a));
	assert_int_equal(diags.n_errors, 0);
}

static void wrong_addresses_are_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned flags;
	} cases[] = {
		{"80", BIND},
		{"127.0.0.1:", BIND},
		{":0", BIND},
		{":70000", BIND},
		{":9-8", BIND},
		{":80-90", SERVER},
		{":+5", BIND},
		{"[::1", BIND},
		{"[::1]80", BIND},
		{"ipv6@127.0.0.1:80", BIND},
		{"1.2.3.4.5:80", BIND},
		{"fd@x", BIND},
		{"fd@3", SERVER},
		{"unix@", BIND},
		{"quic4@:443", BIND},
		{"udp@127.0.0.1:5", BIND},
		{"dgram+:5", BIND},
		{"stream+127.0.0.1", LOG},
		{"no..such.host:80", SERVER},
		{"no..such.host:80", LOG},
	};
	struct conf_address a;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (parse(cases[i].text, cases[i].flags, &a))
			fail_msg("'%s' is taken", cases[i].text);
		assert_int_equal(diags.n_errors, i + 1);
	}
	assert_true(parse("no..such.host:80", SERVER | CONF_ADDRESS_LAZY, &a));
	assert_true(a.unresolved);
	assert_string_equal(a.host, "no..such.host");
}

static void log_targets_are_datagram_addresses(void **state)
{
	struct conf_address a;
	char buf[ADDR_TEXT_MAX];

	(void)state;
	assert_true(parse("udp@192.0.2.1:514", LOG, &a));
	assert_string_equal(addr_text(&a.addr, buf), "192.0.2.1:514");
	assert_true(parse("udp6@[2001:db8::1]", LOG, &a));
	assert_false(a.has_port);
	assert_true(parse("/dev/log", LOG, &a));
	assert_true(parse("fd@2", LOG, &a));
	assert_int_equal(a.fd, 2);
}

#define STORY(fn) cmocka_unit_test_setup_teardown(fn, set_up_ctx, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(times_have_a_number_and_a_unit),
		STORY(sizes_are_powers_of_1024),
		STORY(numbers_have_bounds),
		STORY(words_report_their_own_errors),
		STORY(addresses_of_bind_lines),
		STORY(addresses_of_servers_may_lack_ports),
		STORY(wrong_addresses_are_refused),
		STORY(log_targets_are_datagram_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
