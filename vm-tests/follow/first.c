/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of a container: asks for the network at once, and then for
 * as long as it lives. `first DIRECTORY`: in the files there, first is the errno
 * of its first try, refused how many went well before the first that was, let
 * one that went well after that.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* 0 where the network may be asked; that it can be reached is not asked. */
static int ask(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd, code;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	code = connect(fd, (struct sockaddr *)&to, sizeof(to)) ? errno : 0;
	close(fd);
	return code == EPERM ? EPERM : 0;
}

/* As a whole: whoever waits for the file reads all of it. */
static void say(const char *directory, const char *name, int number)
{
	char path[512], made[520];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	snprintf(made, sizeof(made), "%s.new", path);
	file = fopen(made, "w");
	if (!file)
		return;
	fprintf(file, "%d\n", number);
	fclose(file);
	rename(made, path);
}

int main(int argc, char **argv)
{
	int first = ask(), well = !first, was_refused = 0, is_let = 0;
	const char *directory = argc > 1 ? argv[1] : "/tmp";

	say(directory, "first", first);
	for (;;) {
		int code = ask();

		if (code && !was_refused) {
			was_refused = 1;
			say(directory, "refused", well);
		}
		if (!code && was_refused && !is_let) {
			is_let = 1;
			say(directory, "let", well);
		}
		well += !code;
		usleep(2000);
	}
}
