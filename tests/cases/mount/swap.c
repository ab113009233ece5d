// SPDX-License-Identifier: GPL-2.0-only
/*
 * swap A B: exchanges two names over and over, until it is killed; each is there at any moment.
 */
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	while (!renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE))
		;
	perror("swap");
	return 1;
}
