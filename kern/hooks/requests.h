/* SPDX-License-Identifier: GPL-2.0-only */
/* What user space asks for: syscall programs and iterators. */
#pragma once

/* The compiler moves address arithmetic in front of the NULL check, which the verifier refuses. */
#define KEEP_ORDER(pointer) asm volatile("" : "+r"(pointer))

static __always_inline int on_setup(struct quell_setup *s)
{
	return setup(s);
}

static __always_inline int on_switch(struct quell_switch *s)
{
	return policy_switch(s);
}

static __always_inline int on_transition(struct quell_transition *t)
{
	t->error = transition(t);
	return 0;
}

static __always_inline int on_request(struct quell_request *r)
{
	r->error = r->restore ? restore(r) : request(r);
	return 0;
}

static __always_inline int on_forget(struct quell_forget *f)
{
	u64 id = f->container;
	struct quell_container *c = bpf_map_lookup_elem(&containers, &id);

	f->error = -ENOENT;
	if (!c || !(c->flags & QUELL_CONTAINER_REMOVED))
		return 0;
	f->error = 0;
	container_forget(id, c);
	__sync_fetch_and_add(&quell.removed_containers, -1);
	return 0;
}

static __always_inline int on_stock(void)
{
	return stock_fill();
}

static __always_inline int on_iter_cgroups(struct bpf_iter__cgroup *ctx)
{
	struct cgroup *cgroup = ctx->cgroup;

	if (cgroup && !(BPF_CORE_READ(cgroup, self.flags) & CSS_DYING_BIT))
		cgroup_seen(cgroup);
	return 0;
}

static __always_inline int on_iter_containers(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!task)
		return 0;
	KEEP_ORDER(task);
	container_found(task);
	return 0;
}

static __always_inline int on_iter_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!task)
		return 0;
	KEEP_ORDER(task);
	if (task->pid != task->tgid)
		return 0;
	if (quell.query.mark_pid && descends_from((u64)task, quell.query.mark_pid, quell.query.mark_start_ns))
		mark_descendant(task, quell.query.actor);
	task_listed(ctx, task);
	return 0;
}

static __always_inline int on_iter_files(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;

	if (!file || ctx->fd != quell.query.descriptor)
		return 0;
	KEEP_ORDER(file);
	file_told(ctx, file);
	return 0;
}

static __always_inline int on_iter_held(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;

	if (!file)
		return 0;
	KEEP_ORDER(file);
	file_held(ctx, file);
	return 0;
}

static __always_inline int on_iter_holders(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct task_struct *task = ctx->task;

	if (!file || !task)
		return 0;
	KEEP_ORDER(file);
	KEEP_ORDER(task);
	if (is_sought((u64)file))
		holder_told(ctx->meta->seq, (u64)task, QUELL_HOLDS_OPEN);
	return 0;
}

static __always_inline int on_iter_maps(struct bpf_iter__task_vma *ctx)
{
	struct vm_area_struct *map = ctx->vma;
	struct task_struct *task = ctx->task;
	u64 file, flags = 0;

	if (!map || !task)
		return 0;
	KEEP_ORDER(map);
	KEEP_ORDER(task);
	file = read_pointer((u64)map + offset_of(vm_area_struct, vm_file));
	if (!file || !is_sought(file))
		return 0;
	read_kernel(flags, (u64)map + offset_of(vm_area_struct, vm_flags));
	holder_told(ctx->meta->seq, (u64)task,
		    QUELL_HOLDS_MAPPED | ((flags & VM_WRITE_BIT) && (flags & VM_SHARED_FLAG) ? QUELL_HOLDS_WRITABLE : 0));
	return 0;
}
