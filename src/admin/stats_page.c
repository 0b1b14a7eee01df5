/*
 * Rendering the stats page. See stats_page.h. Called by flow on a balancer thread for requests on a
 * proxy's `stats uri`; the reply lives in the exchange's arena. Rows come from stat_row.c, the same
 * that `show stat` prints.
 */
#include "admin/stats_page.h"

#include <stdlib.h>
#include <string.h>

#include "admin/metrics.h"
#include "admin/stat_csv.h"

static void put_escaped(FILE *out, const char *text)
{
	for (; text && *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

/* RFC 4648 4. out holds 4 * ((len + 2) / 3) + 1. */
static void base64(const char *in, size_t len, char *out)
{
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		unsigned n = (unsigned)(unsigned char)in[i] << 16;

		n |= i + 1 < len ? (unsigned)(unsigned char)in[i + 1] << 8 : 0;
		n |= i + 2 < len ? (unsigned)(unsigned char)in[i + 2] : 0;
		*out++ = set[n >> 18];
		*out++ = set[n >> 12 & 63];
		*out++ = i + 1 < len ? set[n >> 6 & 63] : '=';
		*out++ = i + 2 < len ? set[n & 63] : '=';
	}
	*out = '\0';
}

static bool credentials_match(const char *user_password, struct slice given)
{
	char expected[512];
	size_t len = strlen(user_password);

	if (4 * ((len + 2) / 3) + 1 > sizeof(expected))
		return false;
	base64(user_password, len, expected);
	return slice_eq_str(given, expected);
}

static bool authorized(const struct stats_page_request *request)
{
	const char *const *auth = request->proxy->stats.auth;
	struct slice value = http_message_value(request->req, HTTP_HEADER_AUTHORIZATION);
	struct slice scheme = slice_cut(&value, ' ');

	if (!auth)
		return true;
	if (!slice_case_eq(scheme, SLICE("Basic")))
		return false;
	for (; *auth; auth++)
		if (credentials_match(*auth, slice_trim(value)))
			return true;
	return false;
}

static const char *const page_columns[] = {
	"Name", "Status", "Check",  "Weight",  "Now",	"Max",	 "Total",
	"In",	"Out",	  "Errors", "Retries", "Queue", "Since",
};

static void put_cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	put_escaped(out, text ? text : "");
	fputs("</td>", out);
}

static const char *row_class(const struct stat_row *row)
{
	const char *status = row->cell[STAT_STATUS];

	if (row->type == STAT_TYPE_FRONTEND)
		return "fe";
	if (!status)
		return "";
	if (strncmp(status, "UP", 2) == 0 || strcmp(status, "no check") == 0)
		return row->type == STAT_TYPE_BACKEND ? "be" : "up";
	return strncmp(status, "DOWN", 4) == 0 ? "down" : "maint";
}

static void put_row(FILE *out, const struct stat_row *row)
{
	static const enum stat_column plain[] = {STAT_WEIGHT, STAT_SCUR, STAT_SMAX,
						 STAT_STOT,   STAT_BIN,	 STAT_BOUT};
	char errors[96];

	fprintf(out, "<tr class=\"%s\">", row_class(row));
	put_cell(out, row->cell[STAT_SVNAME]);
	put_cell(out, row->cell[STAT_STATUS]);
	put_cell(out, row->cell[STAT_CHECK_STATUS]);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		put_cell(out, row->cell[plain[i]]);
	snprintf(errors, sizeof(errors), "req %.16s conn %.16s resp %.16s",
		 row->cell[STAT_EREQ] ? row->cell[STAT_EREQ] : "-",
		 row->cell[STAT_ECON] ? row->cell[STAT_ECON] : "-",
		 row->cell[STAT_ERESP] ? row->cell[STAT_ERESP] : "-");
	put_cell(out, errors);
	put_cell(out, row->cell[STAT_WRETR]);
	put_cell(out, row->cell[STAT_QCUR]);
	put_cell(out, row->cell[STAT_LASTCHG]);
	fputs("</tr>\n", out);
}

/* Nothing for NULL. */
static void put_text(FILE *out, const char *text)
{
	if (!text)
		return;
	fputs("<p>", out);
	put_escaped(out, text);
	fputs("</p>\n", out);
}

struct page {
	FILE *out;
	const struct proxy *open; /* whose table is open */
};

static void put_table_row(void *ctx, const struct proxy *p, const struct stat_row *row)
{
	struct page *page = ctx;

	if (page->open != p) {
		if (page->open)
			fputs("</table>\n", page->out);
		page->open = p;
		fputs("<h2>", page->out);
		put_escaped(page->out, p->conf->name);
		fputs("</h2>\n", page->out);
		put_text(page->out, p->conf->description);
		fputs("<table><tr>", page->out);
		for (size_t i = 0; i < sizeof(page_columns) / sizeof(page_columns[0]); i++)
			fprintf(page->out, "<th>%s</th>", page_columns[i]);
		fputs("</tr>\n", page->out);
	}
	put_row(page->out, row);
}

static void put_vips(FILE *out, const struct shared_page *shared)
{
	uint32_t n = shared ? atomic_load(&shared->n_vips) : 0;

	if (n == 0)
		return;
	fputs("<h2>Virtual addresses</h2>\n<table><tr><th>Instance</th><th>State</th>"
	      "<th>Address</th><th>Priority</th><th>Master</th><th>Why</th></tr>\n",
	      out);
	for (uint32_t i = 0; i < n && i < SHARED_VIPS_MAX; i++) {
		struct shared_vip vip;

		if (!shared_vip_read(&shared->vips[i], &vip) || !vip.name[0])
			continue;
		fprintf(out, "<tr class=\"%s\">",
			strcmp(vip.state, "MASTER") == 0 ? "up" : "maint");
		put_cell(out, vip.name);
		put_cell(out, vip.state);
		put_cell(out, vip.first_address);
		fprintf(out, "<td>%u of %u</td>", vip.effective_priority, vip.priority);
		put_cell(out, vip.master);
		put_cell(out, vip.reason);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void put_page(FILE *out, const struct proxy_conf *proxy)
{
	const struct balancer *b = balancer_running();
	struct page page = {.out = out};

	fputs("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>relais</title>\n", out);
	if (proxy->stats.refresh_s > 0)
		fprintf(out, "<meta http-equiv=\"refresh\" content=\"%d\">\n",
			proxy->stats.refresh_s);
	fputs("<style>body{font:14px sans-serif;margin:1.5em}table{border-collapse:collapse}"
	      "td,th{border:1px solid #ccc;padding:2px 8px;text-align:left}"
	      ".up{background:#d8f5d8}.down{background:#f8d0d0}.maint{background:#f3e8c8}"
	      ".fe,.be{background:#eef}</style></head>\n<body><h1>relais",
	      out);
	if (!proxy->stats.hide_version)
		fputs(" 0.1.0", out);
	if (proxy->stats.node) {
		fputs(" on ", out);
		put_escaped(out, proxy->stats.node);
	}
	fputs("</h1>\n", out);
	put_text(out, proxy->stats.desc);
	put_vips(out, b->setup->page);
	stat_rows_each(b, put_table_row, &page);
	fputs(page.open ? "</table>\n</body></html>\n" : "</body></html>\n", out);
}

static void put_csv_row(void *ctx, const struct proxy *p, const struct stat_row *row)
{
	(void)p;
	stat_csv_row(ctx, row);
}

static bool ends_with(struct slice text, struct slice end)
{
	return text.len >= end.len &&
	       slice_eq((struct slice){text.ptr + text.len - end.len, end.len}, end);
}

static bool refuse(const struct stats_page_request *request, struct stats_page_reply *reply)
{
	const char *realm = request->proxy->stats.realm;
	char *bytes = arena_printf(request->arena,
				   "HTTP/1.1 401 Unauthorized\r\n"
				   "content-length: 112\r\ncache-control: no-cache\r\n"
				   "content-type: text/html\r\n"
				   "www-authenticate: Basic realm=\"%s\"\r\n\r\n"
				   "<html><body><h1>401 Unauthorized</h1>\n"
				   "You need a valid user and password to access this content.\n"
				   "</body></html>\n",
				   realm ? realm : "HAProxy Statistics");

	if (!bytes)
		return false;
	*reply = (struct stats_page_reply){slice_of(bytes), 401, false};
	return true;
}

/* Its type; "" = no memory. */
static const char *put_body(FILE *out, const struct stats_page_request *request)
{
	const struct balancer *b = balancer_running();
	struct slice target = request->req->target;

	if (request->service)
		return metrics_print(out, b, metrics_scopes_of(target))
			       ? "text/plain; version=0.0.4"
			       : "";
	if (!ends_with(target, SLICE(";csv"))) {
		put_page(out, request->proxy);
		return "text/html";
	}
	stat_csv_head(out);
	stat_rows_each(b, put_csv_row, out);
	return "text/plain";
}

static bool answer(const struct stats_page_request *request, struct stats_page_reply *reply)
{
	bool head = request->req->method == HTTP_METHOD_HEAD;
	char *body = NULL, *bytes = NULL;
	const char *type;
	size_t body_len = 0;
	FILE *out;

	if (!request->service && !authorized(request))
		return refuse(request, reply);
	out = open_memstream(&body, &body_len);
	if (!out)
		return false;
	type = put_body(out, request);
	fclose(out);
	if (body && type[0])
		bytes = arena_printf(request->arena,
				     "HTTP/1.1 200 OK\r\ncache-control: no-cache\r\n"
				     "content-type: %s\r\ncontent-length: %zu\r\n\r\n%s",
				     type, body_len, head ? "" : body);
	free(body);
	if (!bytes)
		return false;
	*reply = (struct stats_page_reply){slice_of(bytes), 200, false};
	return true;
}

const struct stats_page_ops admin_stats_page = {.answer = answer};
