// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the benchmark: metacache, but every answer and every reply carries the
 * lifetime 0, so that each stat() is a request and the cost of an answer can
 * be measured.  What it remembers lives for actimeo (max_valid of the attach).
 */
#define METACACHE_ASK_AGAIN 1
#include "../../bpf/metacache.bpf.c"
