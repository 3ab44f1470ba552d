/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs that user space runs: part of the table of contents, quell.bpf.c. */
#pragma once

/* --- what user space asks for: hooks/requests.h */
SEC("syscall")
int quell_setup_program(struct quell_setup *s)
{
	return on_setup(s);
}

SEC("syscall")
int quell_switch_program(struct quell_switch *s)
{
	return on_switch(s);
}

SEC("syscall")
int quell_transition_program(struct quell_transition *t)
{
	return on_transition(t);
}

SEC("syscall")
int quell_forget_program(struct quell_forget *f)
{
	return on_forget(f);
}

SEC("syscall")
int quell_request_program(struct quell_request *r)
{
	return on_request(r);
}

SEC("syscall")
int quell_stock_program(void *nothing)
{
	return on_stock();
}

SEC("iter/cgroup")
int quell_iter_cgroups(struct bpf_iter__cgroup *ctx)
{
	return on_iter_cgroups(ctx);
}

SEC("iter/task")
int quell_iter_containers(struct bpf_iter__task *ctx)
{
	return on_iter_containers(ctx);
}

SEC("iter/task")
int quell_iter_tasks(struct bpf_iter__task *ctx)
{
	return on_iter_tasks(ctx);
}

SEC("iter/task_file")
int quell_iter_files(struct bpf_iter__task_file *ctx)
{
	return on_iter_files(ctx);
}

SEC("iter/task_file")
int quell_iter_held(struct bpf_iter__task_file *ctx)
{
	return on_iter_held(ctx);
}

SEC("iter/task_file")
int quell_iter_holders(struct bpf_iter__task_file *ctx)
{
	return on_iter_holders(ctx);
}

SEC("iter/task_vma")
int quell_iter_maps(struct bpf_iter__task_vma *ctx)
{
	return on_iter_maps(ctx);
}
