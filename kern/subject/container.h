/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers: recognised when their cgroup is made, by the names runtimes
 * give, the outermost one counting. Children inherit, so that a look-up is
 * one hash at any depth. No daemon is needed for it.
 */
#pragma once

#define CGROUP_NAME_MAX 128

static __always_inline u64 cgroup_id(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, kn, id);
}

static __always_inline struct cgroup *cgroup_parent(struct cgroup *cgroup)
{
	struct cgroup_subsys_state *css = BPF_CORE_READ(cgroup, self.parent);

	return css ? (void *)css - offset_of(cgroup, self) : 0;
}

static __always_inline int name_is(const char *name, const char *text, int size)
{
	for (int i = 0; i < size; i++)
		if (name[i] != text[i])
			return 0;
	return 1;
}

/* The runtime a cgroup's name stands for, and where in it the id begins. */
static __always_inline u32 runtime_of(const char *n, long length, u32 *offset)
{
	u32 runtime = QUELL_RUNTIME_NONE, at = 0;

	switch (length) {
	case 69: /* crio-<id>, by CRI-O's own cgroup manager */
		if (name_is(n, "crio-", 5))
			runtime = QUELL_RUNTIME_CRIO, at = 5;
		break;
	case 75: /* crio-<id>.scope */
		if (name_is(n, "crio-", 5) && name_is(n + 69, ".scope", 6))
			runtime = QUELL_RUNTIME_CRIO, at = 5;
		break;
	case 85: /* cri-containerd-<id>.scope */
		if (name_is(n, "cri-containerd-", 15) && name_is(n + 79, ".scope", 6))
			runtime = QUELL_RUNTIME_CONTAINERD, at = 15;
		break;
	case 77: /* docker-<id>.scope, libpod-<id>.scope */
		if (!name_is(n + 71, ".scope", 6))
			break;
		if (name_is(n, "docker-", 7))
			runtime = QUELL_RUNTIME_DOCKER, at = 7;
		else if (name_is(n, "libpod-", 7))
			runtime = QUELL_RUNTIME_PODMAN, at = 7;
		break;
	case 71: /* libpod-<id> */
		if (name_is(n, "libpod-", 7))
			runtime = QUELL_RUNTIME_PODMAN, at = 7;
		break;
	case 79: /* libpod-payload-<id> */
		if (name_is(n, "libpod-payload-", 15))
			runtime = QUELL_RUNTIME_PODMAN, at = 15;
		break;
	case 64:
		runtime = QUELL_RUNTIME_KUBEPODS;
		break;
	}
	if (!runtime)
		return runtime;
	for (u32 i = 0; i < QUELL_CONTAINER_ID_SIZE; i++) {
		char c = n[(at + i) & (CGROUP_NAME_MAX - 1)];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return QUELL_RUNTIME_NONE;
	}
	*offset = at;
	return runtime;
}

/* A bare id is a container below kubepods or directly below docker only. */
static __always_inline int bare_id_counts(struct cgroup *parent)
{
	for (int i = 0; i < 6 && parent; i++) {
		char name[9] = {};

		bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(parent, kn, name));
		if (name_is(name, "kubepods", 8) || (i == 0 && name_is(name, "docker", 7)))
			return 1;
		parent = cgroup_parent(parent);
	}
	return 0;
}

static __always_inline void member_put(u64 cgroup, u64 container)
{
	if (bpf_map_update_elem(&members, &cgroup, &container, BPF_ANY))
		count(QUELL_COUNTER_MEMBERS_FULL);
}

/*
 * Called for every cgroup: at its making, and for those that were there at the first load.
 * The id of the container that it made known, 0: none.
 */
static __always_inline u64 cgroup_seen(struct cgroup *cgroup)
{
	struct cgroup *parent = cgroup_parent(cgroup);
	u64 id = cgroup_id(cgroup), parent_id, *outer;
	char name[CGROUP_NAME_MAX] = {};
	u32 offset = 0, runtime;
	long length;

	if (!parent)
		return 0;
	parent_id = cgroup_id(parent);
	outer = bpf_map_lookup_elem(&members, &parent_id);
	if (outer) {
		u64 container = *outer;

		member_put(id, container);
		return 0;
	}
	length = bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(cgroup, kn, name)) - 1;
	runtime = runtime_of(name, length, &offset);
	if (!runtime || (runtime == QUELL_RUNTIME_KUBEPODS && !bare_id_counts(parent)))
		return 0;

	struct quell_container c = { .born_ns = bpf_ktime_get_boot_ns(), .runtime = runtime };

	bpf_probe_read_kernel(c.id, sizeof(c.id), &name[offset & 31]);
	if (bpf_map_update_elem(&containers, &id, &c, BPF_NOEXIST) == 0)
		count(QUELL_COUNTER_CONTAINERS_SEEN);
	member_put(id, id);
	return id;
}

/* A container's own cgroup is known by its record, too, if there was no room for it among the members. */
static __always_inline u64 container_of_cgroup(u64 id)
{
	u64 *container = bpf_map_lookup_elem(&members, &id);

	if (container)
		return *container;
	return quell.counters[QUELL_COUNTER_MEMBERS_FULL] && bpf_map_lookup_elem(&containers, &id) ? id : 0;
}

/* Slow and sure when the members' map was full once. */
static __noinline u64 current_container_by_ancestors(void)
{
	for (int level = 1; level < 12; level++) {
		u64 id = bpf_get_current_ancestor_cgroup_id(level), container;

		if (!id)
			return 0;
		container = container_of_cgroup(id);
		if (container)
			return container;
	}
	return 0;
}

static __always_inline u64 current_cgroup_container(void)
{
	u64 container = container_of_cgroup(bpf_get_current_cgroup_id());

	if (!container && quell.counters[QUELL_COUNTER_MEMBERS_FULL])
		return current_container_by_ancestors();
	return container;
}

/* Killing it would take Quell or a runtime along, and with a runtime all that runs by it. */
static __always_inline void container_protect(u64 container)
{
	struct quell_container *c = container ? bpf_map_lookup_elem(&containers, &container) : 0;

	if (c && !(c->flags & QUELL_CONTAINER_PROTECTED))
		__sync_fetch_and_or(&c->flags, QUELL_CONTAINER_PROTECTED);
}
