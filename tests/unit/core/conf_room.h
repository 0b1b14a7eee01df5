/*
 * What a test of configurations reads with: an arena, the files and what is said of them, which
 * last until tear_down. Included by one test program each.
 */
#ifndef RELAIS_TESTS_CONF_ROOM_H
#define RELAIS_TESTS_CONF_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/conf/files.h"
#include "core/conf/diag.h"

static struct arena arena;
static struct conf_files files;
static struct conf_diags diags;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	conf_files_init(&files);
	conf_diags_init(&diags);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	conf_diags_fini(&diags);
	conf_files_fini(&files);
	arena_fini(&arena);
	return 0;
}

#endif
