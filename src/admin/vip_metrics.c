/*
 * Metrics of VIPs, from the shared page. See metrics.h. Pure: a page goes in, text comes out.
 */
#include "admin/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "admin/vip_view.h"

enum type { GAUGE, COUNTER };

struct vips {
	struct shared_vip *list; /* consistent copies */
	uint32_t n;
};

static void head(FILE *out, const char *name, enum type type, const char *doc)
{
	fprintf(out, "# HELP relais_vip_%s %s\n# TYPE relais_vip_%s %s\n", name, doc, name,
		type == GAUGE ? "gauge" : "counter");
}

static void labels(FILE *out, const char *name, const struct shared_vip *v)
{
	fprintf(out, "relais_vip_%s{", name);
	metrics_put_label(out, "vip", v->name);
}

static void put_states(FILE *out, const struct vips *vips)
{
	static const char *const states[] = {"INIT", "BACKUP", "MASTER", "FAULT"};

	head(out, "state", GAUGE, "1 for the state that it is in");
	for (uint32_t i = 0; i < vips->n; i++) {
		const struct shared_vip *v = &vips->list[i];

		for (unsigned s = 0; s < 4; s++) {
			labels(out, "state", v);
			fprintf(out, ",interface=\"%s\",vrid=\"%u\",state=\"%s\"} %d\n",
				v->interface, v->vrid, states[s], strcmp(v->state, states[s]) == 0);
		}
	}
}

#define VIP_METRIC(name, type, value, doc)                    \
	head(out, name, type, doc);                           \
	for (uint32_t i = 0; i < vips->n; i++) {              \
		const struct shared_vip *v = &vips->list[i];  \
                                                              \
		labels(out, name, v);                         \
		fprintf(out, "} %lld\n", (long long)(value)); \
	}

static void put_values(FILE *out, const struct vips *vips)
{
#include "admin/vip_metrics.def"
}

#undef VIP_METRIC

/* "ttl 3, checksum 1" */
static void put_drops(FILE *out, const struct vips *vips)
{
	head(out, "advertisement_faults_total", COUNTER, "What was wrong with advertisements");
	for (uint32_t i = 0; i < vips->n; i++) {
		struct slice rest = slice_of(vips->list[i].drops);

		while (rest.len > 0) {
			struct slice count = slice_trim(slice_cut(&rest, ',')), word;

			word = slice_cut(&count, ' ');
			if (count.len == 0)
				continue;
			labels(out, "advertisement_faults_total", &vips->list[i]);
			fprintf(out, ",fault=\"%.*s\"} %.*s\n", (int)word.len, word.ptr,
				(int)count.len, count.ptr);
		}
	}
}

static void put_peers(FILE *out, const struct vips *vips, int64_t now_us)
{
	for (unsigned pass = 0; pass < 2; pass++) {
		const char *name = pass ? "peer_age_seconds" : "peer_priority";

		head(out, name, GAUGE, pass ? "Since it was heard" : "Priority it was heard with");
		for (uint32_t i = 0; i < vips->n; i++) {
			for (unsigned p = 0; p < SHARED_PEERS_MAX; p++) {
				const struct shared_peer *peer = &vips->list[i].peers[p];

				if (!peer->heard_mono_us)
					continue;
				labels(out, name, &vips->list[i]);
				fputc(',', out);
				metrics_put_label(out, "peer", peer->address);
				if (pass)
					fprintf(out, "} %.3f\n",
						(double)(now_us - peer->heard_mono_us) / 1e6);
				else
					fprintf(out, "} %u\n", peer->priority);
			}
		}
	}
}

static void put_tracks(FILE *out, const struct vips *vips)
{
	head(out, "track_up", GAUGE, "1 while what is tracked is up");
	for (uint32_t i = 0; i < vips->n; i++) {
		const struct shared_vip *v = &vips->list[i];

		for (uint32_t t = 0; t < v->n_tracks && t < SHARED_TRACKS_MAX; t++) {
			labels(out, "track_up", v);
			fputc(',', out);
			metrics_put_label(out, "kind", v->tracks[t].kind);
			fputc(',', out);
			metrics_put_label(out, "name", v->tracks[t].name);
			fprintf(out, "} %d\n", strcmp(v->tracks[t].status, "up") == 0);
		}
	}
}

/* What was received for none of them. */
static void put_strays(FILE *out, const struct shared_page *page)
{
	const struct {
		const char *name, *doc;
		uint64_t n;
	} all[] = {
		{"packets_unknown_vrid_total", "Packets with a VRID that is not here",
		 atomic_load(&page->n_vrrp_unknown)},
		{"packets_malformed_total", "Packets without a VRID",
		 atomic_load(&page->n_vrrp_malformed)},
		{"packets_overflown_total", "Packets that came faster than they could be read",
		 atomic_load(&page->n_vrrp_overflown)},
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		head(out, all[i].name, COUNTER, all[i].doc);
		fprintf(out, "relais_vip_%s %llu\n", all[i].name, (unsigned long long)all[i].n);
	}
}

void metrics_print_vips(FILE *out, const struct shared_page *page, int64_t now_mono_us)
{
	uint32_t n = page ? atomic_load(&page->n_vips) : 0;
	struct vips vips = {.n = 0};

	n = n > SHARED_VIPS_MAX ? SHARED_VIPS_MAX : n;
	vips.list = n > 0 ? calloc(n, sizeof(*vips.list)) : NULL;
	if (!vips.list)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (shared_vip_read(&page->vips[i], &vips.list[vips.n]))
			vips.n++;
	put_states(out, &vips);
	put_values(out, &vips);
	put_drops(out, &vips);
	put_peers(out, &vips, now_mono_us);
	put_tracks(out, &vips);
	put_strays(out, page);
	free(vips.list);
}
