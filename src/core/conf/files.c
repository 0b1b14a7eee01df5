/*
 * Reading, keeping and handing over configuration files. See files.h. Used by both grammars, the
 * master (save) and the failover process (load).
 */
#include "core/conf/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct record { /* in the memfd, before each file's path and bytes */
	uint32_t path_len, bytes_len;
};

void conf_files_init(struct conf_files *files)
{
	*files = (struct conf_files){.first = NULL};
	files->tail = &files->first;
	arena_init(&files->arena, 0);
}

void conf_files_fini(struct conf_files *files)
{
	arena_fini(&files->arena);
	files->first = NULL;
	files->tail = &files->first;
}

const struct conf_file *conf_files_put(struct conf_files *files, const char *path,
				       struct slice bytes)
{
	struct conf_file *f = ARENA_NEW(&files->arena, struct conf_file);

	f->path = arena_strdup(&files->arena, path);
	f->bytes = arena_slice_dup(&files->arena, bytes);
	*files->tail = f;
	files->tail = &f->next;
	return f;
}

/* Reads fd to its end into *buf (grown in the arena). Pipes and /dev/stdin work too. */
static int read_all(struct arena *arena, int fd, struct slice *out)
{
	size_t cap = 16384, len = 0;
	char *buf = arena_alloc(arena, cap);

	for (;;) {
		ssize_t n = read(fd, buf + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > CONF_FILE_MAX)
			return -EFBIG;
		if (len == cap) {
			char *more = arena_alloc(arena, cap * 2);

			memcpy(more, buf, len);
			buf = more;
			cap *= 2;
		}
	}
	*out = (struct slice){buf, len};
	return 0;
}

int conf_files_read(struct conf_files *files, const char *path, const struct conf_file **out)
{
	struct arena scratch;
	struct slice bytes;
	int fd, err;

	for (const struct conf_file *f = files->first; f; f = f->next) {
		if (strcmp(f->path, path) == 0) {
			*out = f;
			return 0;
		}
	}
	if (files->sealed)
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	arena_init(&scratch, 0);
	err = read_all(&scratch, fd, &bytes);
	close(fd);
	if (!err)
		*out = conf_files_put(files, path, bytes);
	arena_fini(&scratch);
	return err;
}

static int write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int conf_files_save(const struct conf_files *files)
{
	int fd = memfd_create("relais-conf", MFD_CLOEXEC);
	int err = fd < 0 ? -errno : 0;

	for (const struct conf_file *f = files->first; f && !err; f = f->next) {
		struct record r = {(uint32_t)strlen(f->path), (uint32_t)f->bytes.len};

		err = write_all(fd, &r, sizeof(r));
		if (!err)
			err = write_all(fd, f->path, r.path_len);
		if (!err)
			err = write_all(fd, f->bytes.ptr, f->bytes.len);
	}
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

int conf_files_load(struct conf_files *files, int fd)
{
	struct arena scratch;
	struct slice all;
	int err;

	files->sealed = true;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	arena_init(&scratch, 0);
	err = read_all(&scratch, fd, &all);
	while (!err && all.len > 0) {
		struct record r;

		if (all.len < sizeof(r)) {
			err = -EBADMSG;
			break;
		}
		memcpy(&r, all.ptr, sizeof(r));
		all.ptr += sizeof(r);
		all.len -= sizeof(r);
		if (all.len < (size_t)r.path_len + r.bytes_len) {
			err = -EBADMSG;
			break;
		}
		conf_files_put(files, arena_strndup(&scratch, all.ptr, r.path_len),
			       (struct slice){all.ptr + r.path_len, r.bytes_len});
		all.ptr += (size_t)r.path_len + r.bytes_len;
		all.len -= (size_t)r.path_len + r.bytes_len;
	}
	arena_fini(&scratch);
	return err;
}
