/*
 * Rows at work: finding the row of a line, checking its prefix and arguments, storing plain values.
 */
#ifndef RELAIS_CONF_KEYWORD_ROW_H
#define RELAIS_CONF_KEYWORD_ROW_H

#include "core/conf/native.h"

/* A line within a section: prefix, row, value. Everything wrong is reported. */
void keyword_row_line(struct conf_ctx *ctx, const struct conf_line *line);

/* What a row of any type does with a line whose first word is the row's name. */
void keyword_row_apply(struct conf_ctx *ctx, const struct conf_keyword *row,
		       const struct conf_line *line, void *target);

#endif
