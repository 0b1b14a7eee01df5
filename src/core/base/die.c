/*
 * Last words. Written with write(2) so that they work without memory.
 */
#include "core/base/die.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *text)
{
	ssize_t done = write(STDERR_FILENO, text, strlen(text));

	(void)done;
}

void die_no_memory(void)
{
	say("relais: out of memory\n");
	abort();
}

void die_assert(const char *what, const char *file, int line)
{
	char text[512];

	snprintf(text, sizeof(text), "relais: broken invariant: %s at %s:%d\n", what, file, line);
	say(text);
	abort();
}
