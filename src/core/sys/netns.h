/*
 * Named network namespaces (ip-netns(8)). A process with one thread enters one for good, or for the
 * time of a few calls. Needs CAP_SYS_ADMIN.
 */
#ifndef RELAIS_SYS_NETNS_H
#define RELAIS_SYS_NETNS_H

/* Goes on in the namespace `name` (/run/netns/NAME); NULL or "" is the present one. back, unless
 * NULL, gets a descriptor for netns_return, -1 when nothing was changed. 0 or -errno. */
int netns_enter(const char *name, int *back);
/* To where the process was; closes back. 0 or -errno. */
int netns_return(int back);

#endif
