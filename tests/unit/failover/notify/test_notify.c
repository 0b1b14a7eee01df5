/*
 * failover/notify: which scripts are run with which arguments, and what the FIFOs read (notify.c,
 * notify_fifo.c). Expected words and lines are those of Keepalived 2.2.7.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../fake_runner.h"
#include "failover/notify/notify.h"
#include "failover/notify/notify_fifo.h"
#include "failover/notify/notify_mail.h"

static const char *const words_any[] = {"/bin/any", "own", NULL};
static const char *const words_master[] = {"/bin/master", "a b", NULL};
static const char *const words_reader[] = {"/bin/reader", NULL};

static void scripts_get_their_arguments(void **state)
{
	struct vrrp_instance_conf inst = {.name = "VI_1",
					  .notify = {.any = {.argv = words_any, .uid = 3, .gid = 4},
						     .master = {.argv = words_master}}};
	struct vrrp_group_conf group = {.name = "VI_1", .notify = {.any = {.argv = words_any}}};
	struct failover_conf conf = {.instances = &inst};
	struct fake_runner runner;
	struct notify *n;
	uint32_t lane;

	(void)state;
	fake_runner_open(&runner);
	n = notify_new(runner.loop, runner.link, &conf);
	notify_instance(n, &inst, NOTIFY_BACKUP, 100);
	assert_string_equal(fake_runner_next(&runner), "/bin/any own INSTANCE VI_1 BACKUP 100");
	assert_int_equal(runner.run.uid, 3);
	assert_int_equal(runner.run.gid, 4);
	assert_int_equal(runner.run.wants_report, 0);
	assert_int_equal(runner.run.timeout_ms, 0);
	lane = runner.run.lane;
	assert_int_not_equal(lane, 0);
	notify_instance(n, &inst, NOTIFY_MASTER, 110);
	assert_string_equal(fake_runner_next(&runner), "/bin/master a b");
	assert_int_equal(runner.run.lane, lane);
	assert_string_equal(fake_runner_next(&runner), "/bin/any own INSTANCE VI_1 MASTER 110");
	notify_instance(n, &inst, NOTIFY_RX_LOWER, 110); /* no script of that, and no `notify` */
	notify_instance(n, &inst, NOTIFY_MASTER_PRIORITY, 90);
	assert_string_equal(fake_runner_next(&runner), "");
	notify_instance(n, &inst, NOTIFY_STOP, 110);
	assert_string_equal(fake_runner_next(&runner), "/bin/any own INSTANCE VI_1 STOP 110");
	notify_group(n, &group, NOTIFY_FAULT);
	assert_string_equal(fake_runner_next(&runner), "/bin/any own GROUP VI_1 FAULT 0");
	assert_int_not_equal(runner.run.lane, lane);
	notify_free(&n);
	fake_runner_close(&runner);
}

static void mails_are_worded_as_keepalived_does(void **state)
{
	static const char *const to[] = {"ops@example.test", NULL};
	struct failover_conf conf = {.mail = {.to = to, .server = "192.0.2.1", .router_id = "R1"}};
	static const struct {
		const char *kind, *word, *subject, *body;
	} told[] = {
		{"INSTANCE", "MASTER", "[R1] VRRP Instance X - Entering MASTER state",
		 "=> VRRP Instance is now owning VRRP VIPs <="},
		{"INSTANCE", "BACKUP", "[R1] VRRP Instance X - Entering BACKUP state",
		 "=> VRRP Instance is no longer owning VRRP VIPs <="},
		{"INSTANCE", "FAULT", "[R1] VRRP Instance X - Entering FAULT state",
		 "=> VRRP Instance is no longer owning VRRP VIPs <="},
		{"INSTANCE", "DELETED", "[R1] VRRP Instance X - Deleted",
		 "=> VRRP Deleted at reload <="},
		{"GROUP", "FAULT", "[R1] VRRP Group X - Entering FAULT state",
		 "=> All VRRP group instances are now in FAULT state <="},
	};
	struct fake_runner runner;
	struct mail_queue *mail;

	(void)state;
	fake_runner_open(&runner);
	mail = mail_queue_new(runner.loop, runner.link, "/bin/mail");
	mail_queue_configure(mail, &conf.mail);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		notify_mail_send(mail, &conf, told[i].kind, "X", told[i].word);
		assert_non_null(strstr(fake_runner_next(&runner), told[i].subject));
		assert_non_null(strstr(runner.asked, told[i].body));
		fake_runner_answer(&runner, 0, false, "");
	}
	/* Not at the end, not of priorities, not of faults when they are unwanted. */
	conf.no_email_faults = true;
	notify_mail_send(mail, &conf, "INSTANCE", "X", "STOP");
	notify_mail_send(mail, &conf, "INSTANCE", "X", "MASTER_RX_LOWER_PRI");
	notify_mail_send(mail, &conf, "GROUP", "X", "FAULT");
	assert_string_equal(fake_runner_next(&runner), "");
	mail_queue_free(&mail);
	fake_runner_close(&runner);
}

static void a_deleted_instance_is_in_fault_to_who_does_not_know_the_word(void **state)
{
	struct vrrp_instance_conf inst = {
		.name = "VI_1",
		.notify = {.any = {.argv = words_any}, .fault = {.argv = words_master}}};
	struct failover_conf conf = {.instances = &inst};
	struct fake_runner runner;
	struct notify *n;

	(void)state;
	fake_runner_open(&runner);
	n = notify_new(runner.loop, runner.link, &conf);
	notify_instance(n, &inst, NOTIFY_DELETED, 100); /* and notify_fault is not run */
	assert_string_equal(fake_runner_next(&runner), "/bin/any own INSTANCE VI_1 FAULT 100");
	assert_string_equal(fake_runner_next(&runner), "");
	inst.notify.says_deleted = true;
	inst.notify.deleted.argv = words_reader;
	notify_instance(n, &inst, NOTIFY_DELETED, 100);
	assert_string_equal(fake_runner_next(&runner), "/bin/reader");
	assert_string_equal(fake_runner_next(&runner), "/bin/any own INSTANCE VI_1 DELETED 100");
	notify_free(&n);
	fake_runner_close(&runner);
}

static void read_fifo(int fd, char *buf, size_t cap)
{
	ssize_t n = read(fd, buf, cap - 1);

	buf[n > 0 ? n : 0] = '\0';
}

static void fifos_read_lines_in_order(void **state)
{
	char dir[] = "/tmp/relais-notify-XXXXXX", any[64], vrrp[64], buf[512];
	struct vrrp_instance_conf inst = {.name = "VI_1", .notify = {.priority_changes = true}};
	struct vrrp_group_conf group = {.name = "SG"};
	struct failover_conf conf = {.instances = &inst}, without = {.instances = &inst};
	struct fake_runner runner;
	struct notify *n;
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(any, sizeof(any), "%s/any", dir);
	snprintf(vrrp, sizeof(vrrp), "%s/vrrp", dir);
	assert_int_equal(mkfifo(any, 0600), 0); /* was there before */
	conf.notify_fifo = any;
	conf.vrrp_notify_fifo = vrrp;
	conf.vrrp_notify_fifo_script.argv = words_reader;
	fake_runner_open(&runner);
	n = notify_new(runner.loop, runner.link, &conf);
	/* Its script: what ran for this FIFO before is ended first. */
	assert_string_equal(fake_runner_next(&runner), "cancel");
	snprintf(buf, sizeof(buf), "/bin/reader %s", vrrp);
	assert_string_equal(fake_runner_next(&runner), buf);
	assert_int_equal(runner.run.wants_report, 1);
	fd = open(vrrp, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	notify_instance(n, &inst, NOTIFY_BACKUP, 100);
	notify_instance(n, &inst, NOTIFY_MASTER, 100);
	notify_instance(n, &inst, NOTIFY_MASTER_PRIORITY, 80);
	notify_instance(n, &inst, NOTIFY_RX_LOWER, 80);
	notify_group(n, &group, NOTIFY_BACKUP);
	read_fifo(fd, buf, sizeof(buf));
	assert_string_equal(buf, "INSTANCE \"VI_1\" BACKUP 100\nINSTANCE \"VI_1\" MASTER 100\n"
				 "INSTANCE \"VI_1\" MASTER_PRIORITY 80\n"
				 "INSTANCE \"VI_1\" MASTER_RX_LOWER_PRI 80\n"
				 "GROUP \"SG\" BACKUP 0\n");
	/* A reader that ends is started again, a second later. */
	fake_runner_answer(&runner, 0, false, "");
	assert_string_equal(fake_runner_next(&runner), "");
	loop_sim_advance(runner.loop, 1000001);
	assert_string_equal(fake_runner_next(&runner), "cancel");
	assert_non_null(strstr(fake_runner_next(&runner), "/bin/reader"));
	/* A new runner is asked at once: at the start it says so after it was asked. */
	fake_runner_hello(&runner);
	assert_string_equal(fake_runner_next(&runner), "cancel");
	assert_string_equal(fake_runner_next(&runner), "cancel");
	assert_non_null(strstr(fake_runner_next(&runner), "/bin/reader"));
	/* Full: lines are lost, nobody waits. */
	for (int i = 0; i < 50000; i++)
		notify_instance(n, &inst, NOTIFY_MASTER, 100);
	/* No longer configured: what was made goes, what was there stays. */
	notify_configure(n, &without);
	assert_int_equal(stat(any, &st), 0);
	assert_int_equal(stat(vrrp, &st), -1);
	notify_free(&n);
	fake_runner_close(&runner);
	close(fd);
	unlink(any);
	rmdir(dir);
}

static void virtual_servers_are_told_of_in_fifos_of_their_own(void **state)
{
	static const char *const to[] = {"ops@example.test", NULL};
	char dir[] = "/tmp/relais-notify-XXXXXX", any[64], lvs[64], vrrp[64], buf[512];
	struct vrrp_instance_conf inst = {.name = "VI_1"};
	struct failover_conf conf = {.mail = {.to = to, .server = "192.0.2.1", .router_id = "R1"}};
	struct fake_runner runner;
	struct notify *n;
	int fds[3];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(any, sizeof(any), "%s/any", dir);
	snprintf(lvs, sizeof(lvs), "%s/lvs", dir);
	snprintf(vrrp, sizeof(vrrp), "%s/vrrp", dir);
	conf.notify_fifo = any;
	conf.lvs_notify_fifo = lvs;
	conf.vrrp_notify_fifo = vrrp;
	fake_runner_open(&runner);
	n = notify_new(runner.loop, runner.link, &conf);
	fds[0] = open(any, O_RDONLY | O_NONBLOCK);
	fds[1] = open(lvs, O_RDONLY | O_NONBLOCK);
	fds[2] = open(vrrp, O_RDONLY | O_NONBLOCK);
	notify_virtual(n, "VS [192.0.2.10]:tcp:80 UP\n", NULL, NULL, NULL);
	notify_instance(n, &inst, NOTIFY_MASTER, 100);
	read_fifo(fds[0], buf, sizeof(buf));
	assert_string_equal(buf, "VS [192.0.2.10]:tcp:80 UP\nINSTANCE \"VI_1\" MASTER 100\n");
	read_fifo(fds[1], buf, sizeof(buf));
	assert_string_equal(buf, "VS [192.0.2.10]:tcp:80 UP\n");
	read_fifo(fds[2], buf, sizeof(buf));
	assert_string_equal(buf, "INSTANCE \"VI_1\" MASTER 100\n");
	notify_free(&n);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	assert_int_equal(rmdir(dir), 0); /* all three are gone */
	fake_runner_close(&runner);
}

static void what_is_no_fifo_is_not_written(void **state)
{
	char path[] = "/tmp/relais-notify-XXXXXX";
	struct vrrp_instance_conf inst = {.name = "VI_1"};
	struct failover_conf conf = {.instances = &inst, .notify_fifo = path};
	struct fake_runner runner;
	struct notify *n;
	struct stat st;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	log_setup("test", LOG_LEVEL_EMERG, false, LOG_NO_SYSLOG);
	fake_runner_open(&runner);
	n = notify_new(runner.loop, runner.link, &conf);
	notify_instance(n, &inst, NOTIFY_MASTER, 100);
	notify_free(&n);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(st.st_nlink, 1);
	fake_runner_close(&runner);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_get_their_arguments),
		cmocka_unit_test(mails_are_worded_as_keepalived_does),
		cmocka_unit_test(a_deleted_instance_is_in_fault_to_who_does_not_know_the_word),
		cmocka_unit_test(fifos_read_lines_in_order),
		cmocka_unit_test(virtual_servers_are_told_of_in_fifos_of_their_own),
		cmocka_unit_test(what_is_no_fifo_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
