// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mirror's nodes (node.c): two look-ups of a name that is new, at the same moment, make
 * one node.  On an overlay, where a number may be another file's too, as elsewhere; and there
 * another name of that number has a node of its own.
 */
#include "mirror.h"

#include <fcntl.h>
#include <unistd.h>

#include "case.h"

static bool overlay;
static pthread_barrier_t both_new;
static _Atomic int waiting;

bool number_is_enough(const struct stat *st)
{
	return !overlay || st->st_nlink < 2;
}

bool number_same_name(int a, int b)
{
	char name[2][4096] = { 0 };
	struct fd_path p;

	return readlink(fd_path(&p, a), name[0], sizeof(name[0])) > 0 &&
	       readlink(fd_path(&p, b), name[1], sizeof(name[1])) > 0 && !strcmp(name[0], name[1]);
}

/* A node's memory is asked for when a look-up has found none: there both threads meet. */
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	if (size == sizeof(struct node) && waiting-- > 0)
		pthread_barrier_wait(&both_new);
	return __real_calloc(n, size);
}

static struct node *root;
static const char *const names[] = { "a", "b" };

static void *look(void *name)
{
	struct node *n;
	struct stat st;

	return node_find(root, name, -1, &n, &st) ? NULL : n;
}

static void look_at_once(void)
{
	struct node *first, *second;
	pthread_t thread;
	void *other;

	waiting = 2;
	CHECK(!pthread_create(&thread, NULL, look, (void *)names[0]), "thread");
	first = look((void *)names[0]);
	pthread_join(thread, &other);
	CHECK(first && first == other, "two look-ups of one name make one node");
	CHECK(first->nlookup == 2, "... which has been looked up twice, not %lu times",
	      (unsigned long)first->nlookup);
	second = look((void *)names[1]);
	CHECK(second && (second == first) == !overlay, "another name of it %s",
	      overlay ? "has a node of its own" : "shares it");
	node_forget(first->id, first->nlookup);
	if (overlay)
		node_forget(second->id, 1);
}

int main(void)
{
	int dir = open(".", O_PATH | O_DIRECTORY);

	close(open(names[0], O_CREAT | O_WRONLY, 0600));
	CHECK(!link(names[0], names[1]), "link");
	CHECK(!nodes_init(dir), "nodes");
	root = node_get(FUSE_ROOT_ID, "test");
	pthread_barrier_init(&both_new, NULL, 2);
	look_at_once();
	overlay = true;
	look_at_once();
	return 0;
}
