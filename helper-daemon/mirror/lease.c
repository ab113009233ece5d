// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens that have to wait for a lease.
 *
 * A file below may have a lease (fcntl F_SETLEASE).  Its holder is told of an open, and
 * has some time (fs.lease-break-time) to give the lease back.  A thread that waited for
 * that could serve nobody else, and any user can hold a lease on a file of that user's.
 * So no thread waits in open().  An open that would have to wait is put on a list, and
 * one thread tries it again, as its caller, until it need not wait or its caller is
 * killed.
 */
#include "mirror.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define AGAIN_MS	20
/* A file system below may say EAGAIN for reasons of its own, and for ever. */
#define PATIENCE_S	300

struct waiting {
	struct waiting *next;
	struct fuse_in_header head;
	time_t until;
	fuse_req_t req;
	fuse_ino_t ino;
	struct fuse_file_info fi;	/* OPEN */
	int valid;			/* SETATTR without a handle; 0: it is an OPEN */
	struct stat attr;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct waiting *first;
} list = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

/* The request that this thread tries again. */
static __thread struct waiting *again;

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void list_add(struct waiting *w)
{
	pthread_mutex_lock(&list.lock);
	w->next = list.first;
	list.first = w;
	pthread_cond_signal(&list.more);
	pthread_mutex_unlock(&list.lock);
}

static struct waiting *list_take(void)
{
	struct waiting *w;

	pthread_mutex_lock(&list.lock);
	while (!list.first)
		pthread_cond_wait(&list.more, &list.lock);
	w = list.first;
	list.first = NULL;
	pthread_mutex_unlock(&list.lock);
	return w;
}

/* A place on the list, the same one if the request had one; NULL: it has waited long enough. */
static struct waiting *waiting_get(fuse_req_t req, fuse_ino_t ino)
{
	struct waiting *w = again;

	if (w && now() >= w->until)
		return NULL;
	again = NULL;
	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w)
			return NULL;
		w->until = now() + PATIENCE_S;
		w->head = *creds_request();
	}
	w->req = req;
	w->ino = ino;
	return w;
}

bool lease_wait_open(fuse_req_t req, fuse_ino_t ino, const struct fuse_file_info *fi)
{
	struct waiting *w = waiting_get(req, ino);

	if (!w)
		return false;
	w->fi = *fi;
	list_add(w);
	return true;
}

bool lease_wait_setattr(fuse_req_t req, fuse_ino_t ino, const struct stat *attr, int valid)
{
	struct waiting *w = waiting_get(req, ino);

	if (!w)
		return false;
	w->attr = *attr;
	w->valid = valid;
	list_add(w);
	return true;
}

static void try_again(struct waiting *w)
{
	struct fuse_file_info fi = w->fi;
	struct stat attr = w->attr;
	int err = creds_begin(&w->head, sizeof(w->head));

	again = w;
	if (err)
		fuse_reply_err(w->req, EIO);
	else if (fuse_req_interrupted(w->req) && caller_is_killed(&w->head))
		fuse_reply_err(w->req, EINTR);
	else if (w->valid)
		mirror_setattr(w->req, w->ino, &attr, w->valid, NULL);
	else
		mirror_open(w->req, w->ino, &fi);
	/* NULL: it is on the list again. */
	free(again);
	again = NULL;
}

static void *lease_main(void *arg)
{
	struct waiting *w, *next;
	int err = creds_thread_init();

	(void)arg;
	if (err)
		log_error("mirror of %s: no thread can wait for leases: %s", mirror.source, strerror(-err));
	while (!err) {
		w = list_take();
		usleep(AGAIN_MS * 1000);
		for (; w; w = next) {
			next = w->next;
			try_again(w);
		}
	}
	return NULL;
}

int lease_start(void)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, lease_main, NULL);

	if (!err)
		pthread_detach(thread);
	return err;
}
