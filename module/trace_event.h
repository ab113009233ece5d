/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tracepoint extfuse:extfuse_request: each request as it ends, for ftrace, perf and
 * programs of BPF.  README.md has its fields.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM extfuse

#if !defined(_EXTFUSE_TRACE_EVENT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _EXTFUSE_TRACE_EVENT_H

#include <linux/tracepoint.h>
#include <linux/extfuse.h>

#ifndef EXTFUSE_EVENT_NAME
#define EXTFUSE_EVENT_NAME	64
/* trace.c: somebody begins to listen, or ends. */
int extfuse_event_on(void);
void extfuse_event_off(void);
#endif

/* The macros of a tracepoint are indented as blocks. */
/* clang-format off */

/* __print_symbolic() of user space knows no enums. */
#define EXTFUSE_EVENT_BY \
	{ 0, "kernel" }, { 1, "program" }, { 2, "passed" }, { 3, "daemon" }

TRACE_EVENT_FN(extfuse_request,
	TP_PROTO(u32 conn, const struct extfuse_trace *record, const char *text),
	TP_ARGS(conn, record, text),
	TP_STRUCT__entry(
		__field(u32, conn)
		__field(u32, opcode)
		__field(u64, nodeid)
		__field(u32, uid)
		__field(u32, pid)
		__field(u32, by)
		__field(u32, flags)
		__field(s32, verdict)
		__field(s32, reply_verdict)
		__field(s32, error)
		__field(u64, ns)
		__array(char, name, EXTFUSE_EVENT_NAME)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->opcode = record->opcode;
		__entry->nodeid = record->nodeid;
		__entry->uid = record->uid;
		__entry->pid = record->pid;
		__entry->by = record->by;
		__entry->flags = record->flags;
		__entry->verdict = record->verdict;
		__entry->reply_verdict = record->reply_verdict;
		__entry->error = record->error;
		__entry->ns = record->ns;
		memcpy(__entry->name, text, EXTFUSE_EVENT_NAME);
	),
	TP_printk("conn=%u opcode=%u nodeid=%llu name=%s uid=%u pid=%u by=%s verdict=%d error=%d ns=%llu",
		  __entry->conn, __entry->opcode, __entry->nodeid, __entry->name, __entry->uid, __entry->pid,
		  __print_symbolic(__entry->by, EXTFUSE_EVENT_BY), __entry->verdict, __entry->error,
		  __entry->ns),
	extfuse_event_on, extfuse_event_off
);

#endif /* _EXTFUSE_TRACE_EVENT_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace_event
#include <trace/define_trace.h>
