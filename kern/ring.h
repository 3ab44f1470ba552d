/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records for user space. An event is put together in scratch space and
 * copied: when the ring is full the incident stays, its details are lost, and
 * that is counted.
 */
#pragma once

/* brings the structure into the object's BTF, for tests/bpf/abi_test.cpp: it is used on the stack only */
struct quell_notice *quell_notice_anchor;

static __always_inline void event_send(struct quell_event *event)
{
	if (bpf_ringbuf_output(&ring, event, sizeof(*event), 0))
		count(QUELL_COUNTER_RING_DROPPED);
	else
		count(QUELL_COUNTER_EVENTS);
}

static __noinline void notice_send(struct quell_pending_key *key, u64 word)
{
	struct quell_notice notice = { .key = *key, .word = word, .time_ns = bpf_ktime_get_boot_ns() };

	if (bpf_ringbuf_output(&ring, &notice, sizeof(notice), 0))
		count(QUELL_COUNTER_RING_DROPPED);
}

static __always_inline void detail_fill(struct quell_detail *detail, struct operation *op)
{
	detail->value = op->detail;
	*(u64 *)&detail->address[0] = op->address[0];
	*(u64 *)&detail->address[8] = op->address[1];
	detail->target_pid = 0;
	__builtin_memset(detail->target_comm, 0, sizeof(detail->target_comm));
	if (!op->target)
		return;
	read_kernel(detail->target_pid, op->target + offset_of(task_struct, tgid));
	bpf_probe_read_kernel(detail->target_comm, sizeof(detail->target_comm), (void *)(op->target + offset_of(task_struct, comm)));
}

static __always_inline u32 event_text(u32 slot, u64 dentry, u32 which, u32 cut_flag, struct quell_event *event)
{
	u32 size = text_write(slot, dentry, which);

	if (size >> 31)
		event->flags |= cut_flag;
	return size & ~(1u << 31);
}

static __always_inline void event_arguments(struct quell_event *event, struct task_struct *task)
{
	u64 from = BPF_CORE_READ(task, mm, arg_start), to = BPF_CORE_READ(task, mm, arg_end);
	u64 size = to - from;

	if (size > QUELL_ARGS_SIZE) {
		size = QUELL_ARGS_SIZE;
		event->flags |= QUELL_EVENT_ARGS_CUT;
	}
	event->args_size = size;
	/* the whole field at most: never past the arguments' end by more than the page they end in */
	if (!size || bpf_probe_read_user(event->args, size & (2 * QUELL_ARGS_SIZE - 1), (void *)from)) {
		event->flags |= QUELL_EVENT_NO_ARGS;
		event->args_size = 0;
	}
}

/* Of an execution whose arguments were read already. A link's target is no argument. */
static __always_inline void texts_tell(struct work *work, struct quell_event *event)
{
	struct text_result *result = result_of(work);

	if (result->cut)
		event->flags |= QUELL_EVENT_TEXTS_CUT;
	event->args_size = result->args_size;
	if (result->args_size >= QUELL_ARGS_SIZE)
		event->flags |= QUELL_EVENT_ARGS_CUT;
	__builtin_memcpy(event->args, result->args, QUELL_ARGS_SIZE);
}

static __always_inline void event_who(struct quell_event *event, struct task_struct *task)
{
	u64 pid_tgid = bpf_get_current_pid_tgid(), uid_gid = bpf_get_current_uid_gid();

	event->pid = pid_tgid >> 32;
	event->tid = (u32)pid_tgid;
	event->uid = (u32)uid_gid;
	event->gid = uid_gid >> 32;
	event->loginuid = BPF_CORE_READ(task, loginuid.val);
	event->sessionid = BPF_CORE_READ(task, sessionid);
	event->cgroup = bpf_get_current_cgroup_id();
}

/*
 * Tells of one match. The caller has filled incident, rule, key, hits, chain,
 * file and offers; this adds who and what, as text.
 */
__noinline int event_report(u32 slot)
{
	struct work *work = WORK(slot);
	struct quell_event *event = &work->event;
	struct task_struct *task = bpf_get_current_task_btf();
	u64 entry = work->query.entry, inode = read_pointer(entry + offset_of(dentry, d_inode)), exe = current_exe();
	u64 superblock = read_pointer(entry + offset_of(dentry, d_sb));
	u16 mode = 0;

	event->time_ns = bpf_ktime_get_boot_ns();
	event->generation = quell.generation;
	event->container = work->query.container;
	event->operation = work->op.number;
	event->hook = work->op.hook;
	event->verdict = work->verdict;
	event->device = 0;
	event->inode = 0;
	read_kernel(event->device, superblock + offset_of(super_block, s_dev));
	if (inode) {
		read_kernel(event->inode, inode + offset_of(inode, i_ino));
		read_kernel(mode, inode + offset_of(inode, i_mode));
	}
	event->mode = mode;
	detail_fill(&event->detail, &work->op);
	event_who(event, task);
	event->path_size = entry ? event_text(slot, entry, 0, QUELL_EVENT_PATH_CUT, event) : 0;
	event->path2_size = work->op.entry2 ? event_text(slot, work->op.entry2, 1, QUELL_EVENT_PATH2_CUT, event) : 0;
	event->exe_size = exe ? event_text(slot, exe, 2, QUELL_EVENT_EXE_CUT, event) : 0;
	event->exe_device = 0;
	event->device2 = 0;
	if (exe) {
		u64 exe_superblock = read_pointer(exe + offset_of(dentry, d_sb));

		read_kernel(event->exe_device, exe_superblock + offset_of(super_block, s_dev));
	}
	if (work->op.number == QUELL_OP_EXEC && (work->op.texts & TEXTS_RESULT))
		texts_tell(work, event);
	else
		event_arguments(event, task);
	event_send(event);
	return 0;
}
