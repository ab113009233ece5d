// SPDX-License-Identifier: GPL-2.0-only
/* writes-as write|splice FILE WORD: writes the word to the file by that call. For mounted-sync. */
#include <fcntl.h>
#include <unistd.h>

#include "case.h"

int main(int argc, char **argv)
{
	ssize_t len = argc > 3 ? strlen(argv[3]) : 0, ret;
	int file, pipes[2];

	CHECK(len, "writes-as write|splice FILE WORD");
	file = open(argv[2], O_WRONLY);
	CHECK(file >= 0 && !pipe(pipes), "%s", argv[2]);
	if (!strcmp(argv[1], "write")) {
		ret = write(file, argv[3], len);
	} else {
		CHECK(write(pipes[1], argv[3], len) == len, "the pipe");
		ret = splice(pipes[0], NULL, file, NULL, len, 0);
	}
	CHECK(ret == len, "%s: %zd", argv[1], ret);
	return 0;
}
