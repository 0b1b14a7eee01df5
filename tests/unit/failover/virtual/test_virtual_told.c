/*
 * failover/virtual/virtual_told.h: what FIFOs and mails say of virtual servers, under the names
 * that virtual_names.c gives them. Expected words are those of Keepalived 2.2.7.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../reading.h"
#include "failover/virtual/virtual_told.h"

static const char pair[] =
	"virtual_server_group web {\n 192.0.2.20 80\n}\n"
	"virtual_server 192.0.2.10 80 {\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n"
	" quorum 2\n hysteresis 1\n"
	" real_server 192.0.2.31 80 {\n weight 2\n TCP_CHECK {\n }\n }\n"
	" real_server 192.0.2.32 80 {\n smtp_alert off\n MISC_CHECK {\n misc_path /bin/true\n }\n"
	" TCP_CHECK {\n }\n }\n}\n"
	"virtual_server group web {\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n smtp_alert\n"
	" real_server 192.0.2.31 80 {\n}\n}\n"
	"virtual_server 2001:db8::10 80 {\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n"
	" real_server 2001:db8::31 8080 {\n}\n}\n";

struct asked {
	struct reading r;
	struct virtual_told told;
};

static bool tell(struct asked *a, const char *proxy, const char *server, bool up, bool start)
{
	struct message_virtual event = {.is_up = up, .is_start = start, .weight = 3};

	snprintf(event.proxy, sizeof(event.proxy), "%s", proxy);
	snprintf(event.server, sizeof(event.server), "%s", server);
	snprintf(event.reason, sizeof(event.reason), "Layer4 timeout");
	return virtual_told_write(a->r.conf->virtual_servers, &event, &a->told);
}

static void start(struct asked *a, const char *globals)
{
	char text[4096];

	snprintf(text, sizeof(text), "global_defs {\n script_user root\n%s\n}\n%s", globals, pair);
	reading_start(&a->r, text);
}

static void lines_are_keepalived_s(void **state)
{
	struct asked a;

	(void)state;
	start(&a, "");
	assert_true(tell(&a, "virtual-192.0.2.10:80", "", true, true));
	assert_string_equal(a.told.line, "VS [192.0.2.10]:tcp:80 UP\n");
	assert_true(tell(&a, "virtual-192.0.2.10:80", "192.0.2.32:80", false, false));
	assert_string_equal(a.told.line, "RS [192.0.2.32]:tcp:80 [192.0.2.10]:tcp:80 DOWN\n");
	assert_true(tell(&a, "virtual-group_web", "192.0.2.31:80", true, false));
	assert_string_equal(a.told.line, "RS [192.0.2.31]:tcp:80 [web]:0 UP\n");
	assert_true(tell(&a, "virtual-2001:db8::10:80", "2001:db8::31:8080", true, false));
	assert_string_equal(a.told.line, "RS [2001:db8::31]:tcp:8080 [2001:db8::10]:tcp:80 UP\n");
	/* Not of what is not there, and of the start only where that is asked for. */
	assert_false(tell(&a, "virtual-192.0.2.99:80", "", true, false));
	assert_false(tell(&a, "virtual-192.0.2.10:80", "192.0.2.99:80", true, false));
	assert_true(tell(&a, "virtual-192.0.2.10:80", "192.0.2.31:80", true, true));
	assert_string_equal(a.told.line, "");
	reading_end(&a.r);
	start(&a, "rs_init_notifies");
	assert_true(tell(&a, "virtual-192.0.2.10:80", "192.0.2.31:80", true, true));
	assert_string_equal(a.told.line, "RS [192.0.2.31]:tcp:80 [192.0.2.10]:tcp:80 UP\n");
	assert_false(a.told.mail);
	reading_end(&a.r);
}

static void mails_are_keepalived_s(void **state)
{
	struct asked a;

	(void)state;
	start(&a, "");
	assert_true(tell(&a, "virtual-192.0.2.10:80", "192.0.2.31:80", false, false));
	assert_string_equal(a.told.about,
			    "Realserver [192.0.2.31]:tcp:80 of virtual server [192.0.2.10]:tcp:80");
	assert_string_equal(a.told.what, "DOWN");
	assert_string_equal(a.told.body, "=> TCP CHECK failed on service <=");
	assert_true(tell(&a, "virtual-192.0.2.10:80", "192.0.2.31:80", true, false));
	assert_string_equal(a.told.body, "=> TCP CHECK succeed on service <=");
	/* Of two checkers: what the check said. */
	assert_true(tell(&a, "virtual-192.0.2.10:80", "192.0.2.32:80", false, false));
	assert_string_equal(a.told.body, "=> CHECK failed on service : Layer4 timeout <=");
	assert_true(tell(&a, "virtual-192.0.2.10:80", "", true, false));
	assert_string_equal(a.told.about, "Virtualserver [192.0.2.10]:tcp:80");
	assert_string_equal(a.told.body, "=> Gained quorum 2+1=3 <= 3 <=");
	assert_true(tell(&a, "virtual-192.0.2.10:80", "", false, false));
	assert_string_equal(a.told.body, "=> Lost quorum 2-1=1 > 3 <=");
	reading_end(&a.r);
}

static bool mails(struct asked *a, const char *proxy, const char *server)
{
	assert_true(tell(a, proxy, server, false, false));
	return a->told.mail;
}

static void who_sends_mail_unless_it_is_said(void **state)
{
	struct asked a;

	(void)state;
	start(&a, ""); /* real servers do, virtual servers do not */
	assert_true(mails(&a, "virtual-192.0.2.10:80", "192.0.2.31:80"));
	assert_false(mails(&a, "virtual-192.0.2.10:80", "192.0.2.32:80"));
	assert_false(mails(&a, "virtual-192.0.2.10:80", ""));
	assert_true(mails(&a, "virtual-group_web", ""));
	reading_end(&a.r);
	start(&a, "smtp_alert\nsmtp_alert_checker off");
	assert_false(mails(&a, "virtual-192.0.2.10:80", "192.0.2.31:80"));
	assert_false(mails(&a, "virtual-192.0.2.10:80", ""));
	assert_true(mails(&a, "virtual-group_web", ""));
	reading_end(&a.r);
	start(&a, "smtp_alert");
	assert_true(mails(&a, "virtual-192.0.2.10:80", "192.0.2.31:80"));
	assert_false(mails(&a, "virtual-192.0.2.10:80", "192.0.2.32:80"));
	assert_true(mails(&a, "virtual-192.0.2.10:80", ""));
	reading_end(&a.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_keepalived_s),
		cmocka_unit_test(mails_are_keepalived_s),
		cmocka_unit_test(who_sends_mail_unless_it_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
