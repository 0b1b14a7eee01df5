/*
 * A master of nothing but failover, for the lab: makes a configuration from its arguments, forks
 * failover_main (failover/failover.c with failover_nodes.c, failover_reload.c, failover_rights.c)
 * and does what lines on stdin say. End of stdin or SIGTERM = stop.
 *
 *   failover_probe [-I NAME] -i IF -r VRID -p PRIO -a ADVERT_MS -V 2|3 [-L SECONDS] [-w WITNESS]
 * [-W WITNESS:80] [-n] [-P PASSWORD | -A KEY]
 *                  [-s SOURCE] [-u PEER]... [-t TRACKED_IF] [-q WEIGHT] [-x EXCLUDED/LEN]...
 *                  VIP/LEN ...
 *
 *   failover_probe -k FILE       all of it from a keepalived.conf; also `reload -k FILE`; with
 *                                a runner (main/runner/runner.c) for its scripts
 *
 * -q tracks a script that only asks whether haproxy lives. *
 * -I begins a further instance. Lines: stop | crash (kill -9, then one that resumes) | show |
 * watch (the balancer has a say, and beats) | hang | beat | up | down | lost | gone (its slot) |
 * pause (20 ms in which failover sees what came before) | reload ARGUMENTS. Each is answered by a
 * line on stdout.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/loop/loop.h"
#include "core/log/log.h"
#include "core/sys/channel.h"
#include "core/sys/message.h"
#include "failover/address/hold.h"
#include "failover/conf/failover_conf.h"
#include "failover/failover.h"
#include "failover/model/house.h"
#include "failover/wire/packet.h"
#include "main/runner/runner.h"

enum { ARGS_MAX = 128, BEAT_US = 50000, PAUSE_US = 20000 };

struct probe {
	struct loop *loop;
	struct loop_fd in, master, signals;
	struct loop_timer beat;
	struct shared_page *page;
	struct failover_conf *conf;
	struct arena arena;
	struct conf_files files;
	struct conf_diags diags;
	pid_t child;
	int runner_ends[2]; /* the runner's, and failover's; -1 = none */
	bool hangs, crashing, stopping;
	int status;
	struct channel_message msg;
};

static struct vip_conf *vip_new(struct arena *arena, const char *text, struct vip_conf *next)
{
	struct vip_conf *vip = ARENA_NEW(arena, struct vip_conf);
	struct slice rest = slice_of(text), ip = slice_cut(&rest, '/');
	unsigned long long len = 0;

	if (!addr_parse_ip(&vip->address, ip, 0)) {
		fprintf(stderr, "not an address: %s\n", text);
		exit(2);
	}
	vip->prefix_len = vip->address.sa.sa_family == AF_INET6 ? 128 : 32;
	if (slice_to_uint(rest, 128, &len))
		vip->prefix_len = (unsigned)len;
	vip->preferred_lft_s = -1;
	vip->next = next;
	return vip;
}

static struct vrrp_instance_conf *instance_new(struct arena *arena, const char *name)
{
	struct vrrp_instance_conf *i = ARENA_NEW(arena, struct vrrp_instance_conf);

	i->name = arena_strdup(arena, name);
	i->interface = "eth0";
	i->vrid = 51;
	i->priority = 100;
	i->advert_us = 1000000;
	i->version = 3;
	i->accept = true;
	i->down_adverts = 3;
	i->vip_lifetime_s = -1;
	i->vip_probe = true;
	i->garp.delay_us = i->garp.lower_prio_delay_us = 5000000;
	i->garp.repeat = i->garp.lower_prio_repeat = 5;
	i->garp.refresh_repeat = 1;
	return i;
}

/* The script is known to the configuration under one name, however many ask. */
static void ask_balancer(struct arena *arena, struct failover_conf *conf,
			 struct vrrp_instance_conf *i, int weight)
{
	struct vrrp_track_conf *track = ARENA_NEW(arena, struct vrrp_track_conf);

	if (!conf->scripts) {
		conf->scripts = ARENA_NEW(arena, struct vrrp_script_conf);
		conf->scripts->name = "chk_haproxy";
		conf->scripts->asks_balancer = true;
		conf->scripts->interval_us = 1000000;
		conf->scripts->rise = conf->scripts->fall = 1;
		conf->scripts->weight = weight;
	}
	track->kind = VRRP_TRACK_SCRIPT;
	track->name = conf->scripts->name;
	track->script = conf->scripts;
	track->weight = weight;
	track->weight_set = true;
	track->next = i->tracks;
	i->tracks = track;
}

static void take_option(struct arena *arena, struct vrrp_instance_conf *i, int opt, char *arg)
{
	struct vrrp_track_conf *track;
	struct vrrp_peer_conf *peer;

	switch (opt) {
	case 'i':
		i->interface = arena_strdup(arena, arg);
		break;
	case 'r':
		i->vrid = (unsigned)atoi(arg);
		break;
	case 'p':
		i->priority = (unsigned)atoi(arg);
		break;
	case 'a':
		i->advert_us = atoll(arg) * 1000;
		break;
	case 'V':
		i->version = (unsigned)atoi(arg);
		break;
	case 'L':
		i->vip_lifetime_s = atoi(arg);
		break;
	case 'w':
		i->witnesses = ARENA_NEW(arena, struct vrrp_witness_conf);
		addr_parse_ip(&i->witnesses->address, slice_of(arg), 0);
		break;
	case 'W':
		i->witnesses = ARENA_NEW(arena, struct vrrp_witness_conf);
		i->witnesses->tcp = true;
		addr_parse_ip(&i->witnesses->address, slice_of(arg), 80);
		break;
	case 'n':
		i->nopreempt = true;
		break;
	case 'P':
	case 'A':
		i->auth = opt == 'P' ? VRRP_AUTH_PASS : VRRP_AUTH_AH;
		memcpy(i->auth_pass, arg, strnlen(arg, sizeof(i->auth_pass)));
		break;
	case 's':
		addr_parse_ip(&i->src, slice_of(arg), 0);
		break;
	case 'u':
		peer = ARENA_NEW(arena, struct vrrp_peer_conf);
		addr_parse_ip(&peer->address, slice_of(arg), 0);
		peer->next = i->peers;
		i->peers = peer;
		break;
	case 't':
		track = ARENA_NEW(arena, struct vrrp_track_conf);
		track->kind = VRRP_TRACK_INTERFACE;
		track->name = arena_strdup(arena, arg);
		track->next = i->tracks;
		i->tracks = track;
		break;
	case 'x':
		i->excluded = vip_new(arena, arena_strdup(arena, arg), i->excluded);
		break;
	default:
		exit(2);
	}
}

static void add_vip(struct arena *arena, struct vrrp_instance_conf *i, const char *text)
{
	struct vip_conf **tail = &i->vips;

	while (*tail)
		tail = &(*tail)->next;
	*tail = vip_new(arena, text, NULL);
	i->family = i->vips->address.sa.sa_family;
	i->version = i->family == AF_INET6 ? 3 : i->version;
}

static struct failover_conf *conf_from_args(struct arena *arena, int argc, char **argv)
{
	struct failover_conf *conf = ARENA_NEW(arena, struct failover_conf);
	struct house_conf *house = ARENA_NEW(arena, struct house_conf);
	struct vrrp_instance_conf *i = NULL, **tail = &conf->instances;
	int opt;

	conf->arena = arena;
	conf->router_id = "probe";
	house->umask = -1;
	house->rx_multiplier = 3;
	conf->house = house;
	optind = 0;
	while ((opt = getopt(argc, argv, "-I:i:r:p:a:V:L:w:W:nP:A:s:u:t:q:x:")) != -1) {
		if (!i || opt == 'I') {
			i = instance_new(arena, opt == 'I' ? optarg : "VI_1");
			*tail = i;
			tail = &i->next;
			conf->n_instances++;
		}
		if (opt == 1)
			add_vip(arena, i, arena_strdup(arena, optarg));
		else if (opt == 'q')
			ask_balancer(arena, conf, i, atoi(optarg));
		else if (opt != 'I')
			take_option(arena, i, opt, optarg);
	}
	return conf;
}

/* Unsealed files: as the master reads them. Sealed ones: as failover does at a reload. */
static struct failover_conf *conf_from_file(struct conf_files *files, const char *path,
					    struct arena *arena, struct conf_diags *diags)
{
	struct failover_conf *conf = failover_conf_parse(files, &path, 1, arena, diags, NULL);

	if (!files->sealed)
		conf_diags_print(diags, stderr, true);
	return conf;
}

static struct failover_conf *parse(struct conf_files *files, struct conf_diags *diags,
				   struct arena *arena)
{
	char *argv[ARGS_MAX] = {"reload"}, *save = NULL;
	char *text = arena_strndup(arena, files->first->bytes.ptr, files->first->bytes.len);
	int argc = 1;

	if (strcmp(files->first->path, "stdin") != 0)
		return conf_from_file(files, files->first->path, arena, diags);
	if (strstr(text, "broken")) {
		conf_error(diags, (struct conf_place){files->first->path, 1, 1}, "it is broken");
		return NULL;
	}
	for (char *w = strtok_r(text, " \n", &save); w && argc < ARGS_MAX - 1;
	     w = strtok_r(NULL, " \n", &save))
		argv[argc++] = w;
	return conf_from_args(arena, argc, argv);
}

static void start_failover(struct probe *p, bool resume)
{
	struct failover_setup setup = {.conf = p->conf,
				       .seam_fd = -1,
				       .heir_fd = -1,
				       .runner_fd = p->runner_ends[1],
				       .page = p->page,
				       .resume = resume,
				       .parse = parse};
	int ends[2];

	if (channel_pair(ends) < 0)
		exit(1);
	p->child = fork();
	if (p->child == 0) {
		close(ends[0]);
		setup.master_fd = ends[1];
		log_setup("failover", LOG_LEVEL_DEBUG, true, LOG_NO_SYSLOG);
		_exit(failover_main(&setup));
	}
	close(ends[1]);
	p->master.fd = ends[0];
	loop_fd_add(p->loop, &p->master, LOOP_IN);
}

/* Scripts are run only with -k: what arguments configure has none. */
static void start_runner(struct probe *p)
{
	if (p->runner_ends[0] < 0)
		return;
	if (fork() == 0) {
		close(p->runner_ends[1]);
		log_setup("runner", LOG_LEVEL_DEBUG, true, LOG_NO_SYSLOG);
		_exit(runner_main(p->runner_ends, 1, NULL));
	}
}

static void tell(struct probe *p, uint32_t type)
{
	channel_send(p->master.fd, type, NULL, 0);
}

static void show(const struct probe *p)
{
	uint32_t n = atomic_load(&p->page->n_vips);
	unsigned n_ledger = 0;

	for (int i = 0; i < SHARED_LEDGER_MAX; i++)
		n_ledger += p->page->ledger[i].in_use != 0;
	printf("[");
	for (uint32_t i = 0; i < n; i++) {
		struct shared_vip v;

		if (shared_vip_read(&p->page->vips[i], &v))
			printf("%s{\"name\":\"%s\",\"state\":\"%s\",\"reason\":\"%s\","
			       "\"priority\":%u,\"sent\":%" PRIu64 ",\"received\":%" PRIu64
			       ",\"dropped\":%" PRIu64 ",\"repaired\":%" PRIu64
			       ",\"transitions\":%u,\"master\":\"%s\",\"ledger\":%u,\"pid\":%d,"
			       "\"unknown\":%" PRIu64 ",\"malformed\":%" PRIu64
			       ",\"overflown\":%" PRIu64 ",\"kinds\":{",
			       i ? "," : "", v.name, v.state, v.reason, v.effective_priority,
			       v.n_sent, v.n_received, v.n_dropped, v.n_repaired, v.n_transitions,
			       v.master, n_ledger, p->child, p->page->n_vrrp_unknown,
			       p->page->n_vrrp_malformed, p->page->n_vrrp_overflown);
		for (int k = 1; k < VRRP_DROP_N; k++)
			printf("%s\"%s\":%" PRIu64, k > 1 ? "," : "",
			       vrrp_drop_word((enum vrrp_drop)k), v.dropped[k]);
		printf("}}");
	}
	printf("]\n");
}

/* For the bytes and the facts: what it comes to is not used here. */
static void read_file(struct conf_files *files, const char *path)
{
	struct conf_diags diags;
	struct arena arena;

	conf_diags_init(&diags);
	arena_init(&arena, 0);
	conf_from_file(files, path, &arena, &diags);
	arena_fini(&arena);
	conf_diags_fini(&diags);
}

static void reload(struct probe *p, const char *args)
{
	struct conf_files files;
	int fd;

	conf_files_init(&files);
	if (strncmp(args, "-k ", 3) == 0)
		read_file(&files, args + 3);
	else
		conf_files_put(&files, "stdin", slice_of(args));
	fd = conf_files_save(&files);
	channel_send_fds(p->master.fd, MESSAGE_FAILOVER_RELOAD, NULL, 0, &fd, 1);
	close(fd);
	conf_files_fini(&files);
}

static void set_slot(struct probe *p, enum shared_balancer_state state)
{
	struct shared_slot *slot = &p->page->slots[0];

	slot->n_threads = 1;
	slot->beat_us[0] = loop_clock_us(p->loop);
	slot->state = state;
}

static void obey(struct probe *p, const char *line)
{
	if (strcmp(line, "stop") == 0) {
		p->stopping = true;
		tell(p, MESSAGE_FAILOVER_STOP);
	} else if (strcmp(line, "crash") == 0) {
		p->crashing = true;
		kill(p->child, SIGKILL);
	} else if (strcmp(line, "watch") == 0) {
		set_slot(p, SHARED_BALANCER_READY);
		p->page->watched = 1;
	} else if (strcmp(line, "pause") == 0) {
		usleep(PAUSE_US);
	} else if (strcmp(line, "hang") == 0) {
		p->hangs = true;
	} else if (strcmp(line, "beat") == 0) {
		p->hangs = false;
	} else if (strcmp(line, "gone") == 0) {
		set_slot(p, SHARED_BALANCER_GONE);
	} else if (strcmp(line, "up") == 0) {
		set_slot(p, SHARED_BALANCER_READY);
		tell(p, MESSAGE_BALANCER_UP);
	} else if (strcmp(line, "down") == 0) {
		tell(p, MESSAGE_BALANCER_DOWN);
	} else if (strcmp(line, "lost") == 0) {
		tell(p, MESSAGE_BALANCER_LOST);
	} else if (strncmp(line, "reload ", 7) == 0) {
		reload(p, line + 7);
		return; /* answered by the report */
	} else if (strcmp(line, "show") == 0) {
		show(p);
		return;
	}
	puts("ok");
}

static void on_line(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct probe *p = container_of(lfd, struct probe, in);
	char buf[4096], *save = NULL;
	ssize_t n = read(lfd->fd, buf, sizeof(buf) - 1);

	(void)ready;
	if (n <= 0) {
		loop_fd_del(loop, lfd);
		tell(p, MESSAGE_FAILOVER_STOP);
		p->stopping = true;
		return;
	}
	buf[n] = '\0';
	for (char *w = strtok_r(buf, "\n", &save); w; w = strtok_r(NULL, "\n", &save))
		obey(p, w);
}

static void child_ended(struct probe *p)
{
	int status = 0;

	loop_fd_del(p->loop, &p->master);
	close(p->master.fd);
	waitpid(p->child, &status, 0);
	if (p->crashing) {
		p->crashing = false;
		start_failover(p, true);
		return;
	}
	printf("ended %d swept %d\n", status, hold_sweep(p->page));
	p->status = p->stopping && status == 0 ? 0 : 1;
	loop_stop(p->loop);
}

static void on_message(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct probe *p = container_of(lfd, struct probe, master);
	struct message_reloaded r;
	int got = channel_recv(lfd->fd, &p->msg);

	(void)loop, (void)ready;
	if (got == 0) {
		child_ended(p);
	} else if (got == 1 && p->msg.type == MESSAGE_READY) {
		puts("ready");
	} else if (got == 1 && p->msg.type == MESSAGE_FAILOVER_RELOADED) {
		memcpy(&r, p->msg.payload, sizeof(r));
		printf("{\"kept\":%u,\"adapted\":%u,\"rebuilt\":%u,\"added\":%u,\"removed\":%u,"
		       "\"err\":%d}\n",
		       r.n_kept, r.n_adapted, r.n_rebuilt, r.n_added, r.n_removed, r.err);
	}
}

static void on_term(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct probe *p = container_of(lfd, struct probe, signals);

	(void)ready;
	loop_fd_del(loop, lfd);
	p->stopping = true;
	tell(p, MESSAGE_FAILOVER_STOP);
}

static void on_beat(struct loop *loop, struct loop_timer *timer)
{
	struct probe *p = container_of(timer, struct probe, beat);

	if (!p->hangs)
		p->page->slots[0].beat_us[0] = loop_now_us(loop);
	loop_timer_set(loop, timer, loop_now_us(loop) + BEAT_US);
}

int main(int argc, char **argv)
{
	struct probe *p = calloc(1, sizeof(*p));
	sigset_t term;
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	arena_init(&p->arena, 0);
	conf_files_init(&p->files);
	conf_diags_init(&p->diags);
	p->conf = argc == 3 && strcmp(argv[1], "-k") == 0
			  ? conf_from_file(&p->files, argv[2], &p->arena, &p->diags)
			  : conf_from_args(&p->arena, argc, argv);
	p->page = shared_page_new();
	p->loop = loop_new(&loop_epoll_ops);
	p->in = (struct loop_fd){.on_ready = on_line, .fd = 0};
	p->master.on_ready = on_message;
	p->beat.on_expiry = on_beat;
	p->runner_ends[0] = p->runner_ends[1] = -1;
	if (argc == 3 && strcmp(argv[1], "-k") == 0 && channel_pair(p->runner_ends) < 0)
		return 1;
	start_failover(p, false);
	start_runner(p);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	p->signals = (struct loop_fd){.on_ready = on_term, .fd = signalfd(-1, &term, SFD_CLOEXEC)};
	loop_fd_add(p->loop, &p->signals, LOOP_IN);
	loop_fd_add(p->loop, &p->in, LOOP_IN);
	on_beat(p->loop, &p->beat);
	loop_run(p->loop);
	if (p->runner_ends[1] >= 0) /* with that it ends what runs, and itself */
		close(p->runner_ends[1]);
	while (waitpid(-1, NULL, 0) > 0)
		;
	arena_fini(&p->arena);
	conf_diags_fini(&p->diags);
	conf_files_fini(&p->files);
	loop_free(&p->loop);
	status = p->status;
	free(p);
	return status;
}
