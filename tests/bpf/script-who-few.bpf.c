// SPDX-License-Identifier: GPL-2.0-only
/* script.bpf.c for the option xattrtimeo=: who is asked for of few requests. */
#include "script.bpf.c"

EXTFUSE_WANT_XATTRTIMEO;
