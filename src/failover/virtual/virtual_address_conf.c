/*
 * Addresses with ports, and scripts of virtual servers: what several blocks read alike.
 */
#include "failover/virtual/virtual_build.h"

bool virtual_address_read(struct conf_ctx *ctx, const struct conf_line *line, unsigned word,
			  bool port_zero, struct addr *out)
{
	long long port = 0;

	if (word + 1 < line->n_words &&
	    !failover_value_int(ctx, line, word + 1, port_zero ? 0 : 1, 65535, &port, "left out"))
		return false;
	if (word < line->n_words &&
	    addr_parse_ip(out, slice_of(line->words[word].text), (unsigned)port))
		return true;
	FAILOVER_WARN(ctx, line, word, "'%s' is no IP address, left out",
		      word < line->n_words ? line->words[word].text : "");
	return false;
}

void virtual_scripts_read(struct conf_ctx *ctx, const struct conf_line *line,
			  struct script_conf *out)
{
	if (out->text) {
		FAILOVER_WARN(ctx, line, 0, "'%s' is there already: the first counts",
			      line->words[0].text);
		return;
	}
	if (!failover_script_read(ctx, line, 1, NULL, out))
		FAILOVER_ADVISE(ctx, line, 0, "'%s' is left out: nothing will be run",
				line->words[0].text);
	failover_rows_extra(ctx, line, 4);
}
