// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mirror's nodes, see mirror.h.
 *
 * One lock covers the table, the hash and all counts.  It is held over no system call but
 * close() and number.c's readlink(); a request costs two round trips to the kernel anyway.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <extfuse/extfuse.h>

#include "log.h"

#define ID_PLACE_BITS	32
#define ID_PLACE(id)	((id) & ((1ULL << ID_PLACE_BITS) - 1))
/* The kernel's own nodes have bit 63 (EXTFUSE_NODE_KERNEL), so the use count stops below it. */
#define ID_USE_MAX	0x7fffffffU

struct place {
	struct node *node;
	uint32_t used;		/* how often this place was given away */
	uint32_t next_free;
};

static struct {
	pthread_mutex_t lock;
	struct place *places;
	uint32_t room;
	uint32_t first_free;
	struct node **hash;
	uint32_t hash_size;	/* a power of two */
	uint32_t count;
	uint64_t lookups;
	uint64_t forgets;
	uint64_t violations;
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The head of the chain that a number belongs to. */
static struct node **chain_of(dev_t dev, ino_t ino)
{
	uint64_t hash = (ino ^ ((uint64_t)dev << 40)) * 0x9e3779b97f4a7c15ULL >> 32;

	return &table.hash[hash & (table.hash_size - 1)];
}

/* @fd: by whose name the node is recognised; -1: its number is enough. */
static struct node *hash_find(const struct stat *st, int fd)
{
	struct node *n = *chain_of(st->st_dev, st->st_ino);

	while (n && (n->ino != st->st_ino || n->dev != st->st_dev ||
		     (fd >= 0 && !number_same_name(n->fd, fd))))
		n = n->next;
	return n;
}

static void hash_add(struct node *n)
{
	struct node **head = chain_of(n->dev, n->ino);

	n->next = *head;
	*head = n;
}

static void hash_remove(struct node *n)
{
	struct node **at = chain_of(n->dev, n->ino);

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
}

static int hash_grow(void)
{
	struct node **old = table.hash, *n;
	uint32_t size = table.hash_size, i;

	table.hash = calloc(size ? size * 2 : 4096, sizeof(*table.hash));
	if (!table.hash) {
		table.hash = old;
		return -ENOMEM;
	}
	table.hash_size = size ? size * 2 : 4096;
	for (i = 0; i < size; i++) {
		while ((n = old[i])) {
			old[i] = n->next;
			hash_add(n);
		}
	}
	free(old);
	return 0;
}

static int places_grow(void)
{
	uint32_t room = table.room ? table.room * 2 : 4096, i;
	struct place *places = realloc(table.places, room * sizeof(*places));

	if (!places)
		return -ENOMEM;
	/* Place 0 stays unused: it ends the free list, and id 0 means "no node". */
	for (i = table.room ? table.room : 1; i < room; i++)
		places[i] = (struct place){ .next_free = i + 1 < room ? i + 1 : 0 };
	table.first_free = table.room ? table.room : 1;
	table.places = places;
	table.room = room;
	return 0;
}

/* Gives a node its id; with the lock held. */
static int node_add(struct node *n)
{
	struct place *p;
	uint32_t at;

	if (!table.first_free && places_grow())
		return -ENOMEM;
	if (table.count >= table.hash_size && hash_grow() && !table.hash_size)
		return -ENOMEM;
	at = table.first_free;
	p = &table.places[at];
	table.first_free = p->next_free;
	p->node = n;
	n->id = ((uint64_t)p->used << ID_PLACE_BITS) | at;
	p->used++;
	table.count++;
	hash_add(n);
	return 0;
}

/* Takes a node out when its last reference goes; with the lock held. */
static void node_remove(struct node *n)
{
	uint32_t at = ID_PLACE(n->id);
	struct place *p = &table.places[at];

	hash_remove(n);
	p->node = NULL;
	table.count--;
	/* A place that was used too often is not used again, because its ids would repeat. */
	if (p->used < ID_USE_MAX) {
		p->next_free = table.first_free;
		table.first_free = at;
	}
}

/*
 * Offers the kernel a backing object for a node.  A thread that is about to reply with
 * a node waits here until that is decided, because the kernel keeps the attributes of a
 * node without an object.  The object keeps the thread's credentials, which are the daemon's.
 */
void node_offer(struct node *n, mode_t mode)
{
	if (!mirror.backing)
		return;
	pthread_mutex_lock(&n->lock);
	if (!n->offered) {
		n->offered = true;
		n->backed = backing_add(n->id, n->fd, mode);
	}
	pthread_mutex_unlock(&n->lock);
}

static void node_free(struct node *n)
{
	if (n->backed)
		backing_drop(n->id);
	close(n->fd);
	if (n->made_fd >= 0)
		close(n->made_fd);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

struct node *node_new(int fd, const struct stat *st)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->fd = fd;
	n->made_fd = -1;
	n->dev = st->st_dev;
	n->ino = st->st_ino;
	pthread_mutex_init(&n->lock, NULL);
	return n;
}

static struct node *place_find(fuse_ino_t id)
{
	uint64_t at = ID_PLACE(id);
	struct node *n = at < table.room ? table.places[at].node : NULL;

	return n && n->id == id ? n : NULL;
}

int nodes_init(int root_fd)
{
	struct node *n;
	struct stat st;
	int err;

	if (fstat(root_fd, &st))
		return -errno;
	n = node_new(root_fd, &st);
	if (!n)
		return -ENOMEM;
	n->nlookup = 1;		/* never forgotten */
	n->refs = 1;
	err = node_add(n);
	return err ? err : n->id == FUSE_ROOT_ID ? 0 : -EINVAL;
}

/* Of a tree the root as well: see nodes_offer_tree(). */
static bool is_in_tree(fuse_ino_t id)
{
	return mirror.tree && (id & EXTFUSE_NODE_KERNEL || id == FUSE_ROOT_ID);
}

struct node *node_get(fuse_ino_t id, const char *op)
{
	struct node *n;

	if (is_in_tree(id))
		return node_open(id);
	pthread_mutex_lock(&table.lock);
	n = place_find(id);
	if (n)
		n->refs++;
	else
		table.violations++;
	pthread_mutex_unlock(&table.lock);
	if (!n)
		log_error("mirror of %s: VIOLATION: %s of node %#llx, which is forgotten or was never known",
			  mirror.source, op, (unsigned long long)id);
	return n;
}

void node_hold(struct node *n)
{
	pthread_mutex_lock(&table.lock);
	n->refs++;
	pthread_mutex_unlock(&table.lock);
}

void node_put(struct node *n)
{
	bool last;

	pthread_mutex_lock(&table.lock);
	last = !--n->refs;
	if (last && !is_in_tree(n->id))
		node_remove(n);
	pthread_mutex_unlock(&table.lock);
	if (last)
		node_free(n);
}

/* One more lookup count for a node that is known; with the lock held. */
static void node_earn(struct node *n)
{
	if (!n->nlookup++)
		n->refs++;
	table.lookups++;
}

static struct node *node_find_known(const struct stat *st)
{
	struct node *n;

	pthread_mutex_lock(&table.lock);
	n = hash_find(st, -1);
	if (n)
		node_earn(n);
	pthread_mutex_unlock(&table.lock);
	return n;
}

/* Returns a descriptor or -errno. */
static int path_open(struct node *dir, const char *name, int fd)
{
	int path_fd, turns = 3, err;
	struct fd_path p;

	do {
		if (fd >= 0)
			path_fd = open(fd_path(&p, fd), O_PATH | O_CLOEXEC);
		else
			path_fd = openat(dir->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		err = path_fd < 0 ? -errno : 0;
		if (!err && prune_look(path_fd))
			return path_fd;
		if (!err)
			close(path_fd);
		else if (err != -EMFILE)
			return err;
	} while (--turns && prune_wait());
	return -EMFILE;
}

/* The node for @path_fd, which it takes: a new one, unless there is one, or another thread has made one. */
static int node_make(int path_fd, const struct stat *st, struct node **out)
{
	struct node *n = node_new(path_fd, st), *other;
	int err;

	if (!n) {
		close(path_fd);
		return -ENOMEM;
	}
	pthread_mutex_lock(&table.lock);
	other = hash_find(st, number_is_enough(st) ? -1 : path_fd);
	err = other ? 0 : node_add(n);
	*out = other ? other : n;
	if (!err)
		node_earn(*out);
	pthread_mutex_unlock(&table.lock);
	if (other || err)
		node_free(n);
	return err;
}

static int find(struct node *dir, const char *name, int fd, struct node **out, struct stat *st)
{
	int path_fd, err;

	/* Most names lead to a node that is already here; then no descriptor is opened. */
	if (fd >= 0 ? fstat(fd, st) : fstatat(dir->fd, name, st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	*out = number_is_enough(st) ? node_find_known(st) : NULL;
	if (*out)
		return 0;

	path_fd = path_open(dir, name, fd);
	if (path_fd < 0)
		return path_fd;
	/* The name may lead elsewhere by now: the descriptor says what it is. */
	if (!fstat(path_fd, st))
		return node_make(path_fd, st, out);
	err = -errno;
	close(path_fd);
	return err;
}

int node_find(struct node *dir, const char *name, int fd, struct node **out, struct stat *st)
{
	int err = creds_be_self();

	if (!err)
		err = find(dir, name, fd, out, st);
	if (!err)
		node_offer(*out, st->st_mode);
	return err;
}

void node_forget(fuse_ino_t id, uint64_t count)
{
	uint64_t earned = 0;
	struct node *n;
	bool last = false;

	pthread_mutex_lock(&table.lock);
	n = place_find(id);
	if (n)
		earned = n->nlookup - (id == FUSE_ROOT_ID);
	if (count > earned)
		table.violations++;
	table.forgets += count;
	if (n && earned) {
		n->nlookup -= count < earned ? count : earned;
		last = !n->nlookup && !--n->refs;
	}
	if (last)
		node_remove(n);
	pthread_mutex_unlock(&table.lock);
	if (last)
		node_free(n);
	if (count > earned)
		log_error("mirror of %s: VIOLATION: FORGET %llu of node %#llx, which earned only %llu",
			  mirror.source, (unsigned long long)count, (unsigned long long)id,
			  (unsigned long long)earned);
}

void nodes_report(const char *when)
{
	pthread_mutex_lock(&table.lock);
	log_info("mirror of %s: %s: nodes=%u lookups=%llu forgets=%llu violations=%llu",
		 mirror.source, when, table.count, (unsigned long long)table.lookups,
		 (unsigned long long)table.forgets, (unsigned long long)table.violations);
	pthread_mutex_unlock(&table.lock);
}
