/*
 * Asking for carriers. See linkbeat.h. netdevice(7), linux/mii.h, linux/ethtool.h.
 *
 * The thread writes an answer per interface and posts one letter; the loop reads the answers. It
 * borrows the configuration's rows, so it is ended before they are.
 */
#include "failover/track/linkbeat.h"

#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "core/loop/mailbox.h"

enum {
	STACK_LEN = 128 * 1024, /* small: with all memory locked it is paid for in whole */
	EVERY_MS = 500,
	LINKS_MAX = 64,
};

struct asked {
	const struct vrrp_link_conf *conf; /* borrowed */
	_Atomic int answer;		   /* as linkbeat_ask; 1 before the first */
	int known;			   /* the loop's: as it was told last */
	enum vrrp_linkbeat how;		   /* the thread's */
};

struct linkbeat {
	struct loop *loop; /* borrowed */
	linkbeat_fn *changed;
	void *ctx;
	struct asked links[LINKS_MAX];
	unsigned n;
	struct mailbox mail;
	struct letter letter;
	_Atomic int posted; /* the letter is on its way */
	pthread_t thread;
	bool running;
	int wake_fd;
};

/* ---- the questions ---- */

static struct ifreq request(const char *name)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	strncpy(r.ifr_name, name, sizeof(r.ifr_name) - 1);
	return r;
}

static int ask_mii(int fd, const char *name)
{
	struct ifreq r = request(name);
	struct mii_ioctl_data mii;

	if (ioctl(fd, SIOCGMIIPHY, &r) < 0)
		return -1;
	memcpy(&mii, &r.ifr_data, sizeof(mii)); /* the data stands in the request itself */
	mii.reg_num = MII_BMSR;
	memcpy(&r.ifr_data, &mii, sizeof(mii));
	if (ioctl(fd, SIOCGMIIREG, &r) < 0)
		return -1;
	memcpy(&mii, &r.ifr_data, sizeof(mii));
	return mii.val_out & BMSR_LSTATUS ? 1 : 0;
}

static int ask_ethtool(int fd, const char *name)
{
	struct ethtool_value value = {.cmd = ETHTOOL_GLINK};
	struct ifreq r = request(name);

	r.ifr_data = (void *)&value;
	if (ioctl(fd, SIOCETHTOOL, &r) < 0)
		return -1;
	return value.data ? 1 : 0;
}

static int ask_flags(int fd, const char *name)
{
	struct ifreq r = request(name);

	if (ioctl(fd, SIOCGIFFLAGS, &r) < 0)
		return -1;
	return r.ifr_flags & IFF_RUNNING ? 1 : 0;
}

int linkbeat_ask(int fd, const char *name, enum vrrp_linkbeat want, enum vrrp_linkbeat *how)
{
	static const struct {
		enum vrrp_linkbeat how;
		int (*ask)(int fd, const char *name);
	} ways[] = {{VRRP_LINKBEAT_MII, ask_mii},
		    {VRRP_LINKBEAT_ETHTOOL, ask_ethtool},
		    {VRRP_LINKBEAT_IOCTL, ask_flags}};
	const unsigned n = sizeof(ways) / sizeof(ways[0]);
	int answer = -1;

	for (unsigned pass = 0; pass < 2 && answer < 0; pass++) /* the wanted one first */
		for (unsigned i = 0; i < n && answer < 0; i++) {
			if ((ways[i].how == want) == (pass != 0))
				continue;
			answer = ways[i].ask(fd, name);
			*how = ways[i].how;
		}
	return answer;
}

/* ---- the thread ---- */

static const char *way_word(enum vrrp_linkbeat how)
{
	return how == VRRP_LINKBEAT_MII	      ? "MII"
	       : how == VRRP_LINKBEAT_ETHTOOL ? "ethtool"
					      : "its flags";
}

static bool ask_all(struct linkbeat *beat, int fd)
{
	bool changed = false;

	for (unsigned i = 0; i < beat->n; i++) {
		struct asked *a = &beat->links[i];
		enum vrrp_linkbeat how = VRRP_LINKBEAT_NONE;
		int answer = linkbeat_ask(fd, a->conf->name, a->conf->beat, &how);

		if (answer >= 0 && a->how != how)
			log_info("interface %s is asked for its carrier by %s", a->conf->name,
				 way_word(how));
		if (answer >= 0)
			a->how = how;
		changed |= atomic_exchange(&a->answer, answer) != answer;
	}
	return changed;
}

static void *ask_again_and_again(void *arg)
{
	struct linkbeat *beat = arg;
	struct pollfd wake = {.fd = beat->wake_fd, .events = POLLIN};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	do {
		if (ask_all(beat, fd) && !atomic_exchange(&beat->posted, 1))
			mailbox_post(&beat->mail, &beat->letter);
	} while (poll(&wake, 1, EVERY_MS) == 0);
	close(fd);
	return NULL;
}

/* ---- the loop's side ---- */

static void on_answers(struct loop *loop, struct letter *letter)
{
	struct linkbeat *beat = container_of(letter, struct linkbeat, letter);

	(void)loop;
	atomic_store(&beat->posted, 0);
	for (unsigned i = 0; i < beat->n; i++) {
		struct asked *a = &beat->links[i];
		int answer = atomic_load(&a->answer);

		if (answer == a->known)
			continue;
		if (answer >= 0)
			log_notice("interface %s %s a carrier", a->conf->name,
				   answer ? "has" : "has lost");
		a->known = answer;
		beat->changed(beat->ctx, a->conf->name);
	}
}

bool linkbeat_up(const struct linkbeat *beat, const char *name)
{
	for (unsigned i = 0; beat && i < beat->n; i++)
		if (strcmp(beat->links[i].conf->name, name) == 0)
			return beat->links[i].known != 0;
	return true;
}

static void end_thread(struct linkbeat *beat)
{
	if (!beat->running)
		return;
	if (eventfd_write(beat->wake_fd, 1) == 0)
		pthread_join(beat->thread, NULL);
	beat->running = false;
	close(beat->wake_fd);
	mailbox_fini(&beat->mail);
}

static void start_thread(struct linkbeat *beat)
{
	pthread_attr_t attr;
	int err;

	beat->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (beat->wake_fd < 0 || mailbox_init(&beat->mail, beat->loop) < 0)
		die_no_memory();
	beat->letter.deliver = on_answers;
	atomic_store(&beat->posted, 0);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_LEN);
	err = pthread_create(&beat->thread, &attr, ask_again_and_again, beat);
	pthread_attr_destroy(&attr);
	beat->running = err == 0;
	if (!err)
		return;
	log_err("carriers are not asked for: %s", strerror(err));
	close(beat->wake_fd);
	mailbox_fini(&beat->mail);
}

void linkbeat_configure(struct linkbeat *beat, const struct vrrp_link_conf *list)
{
	end_thread(beat);
	beat->n = 0;
	for (; list; list = list->next) {
		struct asked *a = &beat->links[beat->n];

		if (list->beat == VRRP_LINKBEAT_NONE)
			continue;
		if (beat->n == LINKS_MAX) {
			log_err("interface %s is not asked for its carrier: %d are", list->name,
				LINKS_MAX);
			continue;
		}
		a->conf = list;
		a->known = 1;
		a->how = VRRP_LINKBEAT_NONE;
		atomic_store(&a->answer, 1);
		beat->n++;
	}
	if (beat->n > 0)
		start_thread(beat);
}

struct linkbeat *linkbeat_new(struct loop *loop, linkbeat_fn *changed, void *ctx,
			      const struct vrrp_link_conf *list)
{
	struct linkbeat *beat = calloc(1, sizeof(*beat));

	if (!beat)
		die_no_memory();
	beat->loop = loop;
	beat->changed = changed;
	beat->ctx = ctx;
	linkbeat_configure(beat, list);
	return beat;
}

void linkbeat_free(struct linkbeat **beat)
{
	struct linkbeat *b = *beat;

	*beat = NULL;
	if (!b)
		return;
	end_thread(b);
	free(b);
}
