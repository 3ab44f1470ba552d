/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of a container: makes a file and executes a program at
 * once, and then for as long as it lives. `early DIRECTORY PLACE TOOL`: the
 * file is in PLACE, the program is TOOL. In the files of DIRECTORY, for write
 * and for exec: KIND-first is the errno of the first try, KIND-refused how many
 * went well before the first that was refused, KIND-let one that went well
 * after that. Without arguments it does nothing, as TOOL.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct kind {
	const char *name;
	int (*try)(const char *path); /* errno, 0: it went well */
	const char *path;
	int first, well, was_refused, is_let;
};

static int make(const char *place)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/early", place);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return errno;
	close(fd);
	return unlink(path) ? errno : 0;
}

static int execute(const char *tool)
{
	char *argv[] = { (char *)tool, NULL };
	char *none[] = { NULL };
	pid_t child;
	int code = posix_spawn(&child, tool, NULL, NULL, argv, none);

	if (!code)
		waitpid(child, NULL, 0);
	return code;
}

/* As a whole: whoever waits for the file reads all of it. */
static void say(const char *directory, const struct kind *kind, const char *what, int number)
{
	char path[512], made[520];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s-%s", directory, kind->name, what);
	snprintf(made, sizeof(made), "%s.new", path);
	file = fopen(made, "w");
	if (!file)
		return;
	fprintf(file, "%d\n", number);
	fclose(file);
	rename(made, path);
}

static void again(const char *directory, struct kind *kind)
{
	int code = kind->try(kind->path);

	if (kind->first < 0) {
		kind->first = code;
		say(directory, kind, "first", code);
	}
	if (code == EPERM && !kind->was_refused) {
		kind->was_refused = 1;
		say(directory, kind, "refused", kind->well);
	}
	if (!code && kind->was_refused && !kind->is_let) {
		kind->is_let = 1;
		say(directory, kind, "let", kind->well);
	}
	kind->well += !code;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 0;

	struct kind kinds[] = {
		{ .name = "write", .try = make, .path = argv[2], .first = -1 },
		{ .name = "exec", .try = execute, .path = argv[3], .first = -1 },
	};

	for (;;) {
		for (int i = 0; i < 2; i++)
			again(argv[1], &kinds[i]);
		usleep(500000); /* each execution is an incident, of which a container has so many that wait */
	}
}
