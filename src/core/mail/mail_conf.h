/*
 * What a configuration says of mail: plain data, read by mail_queue.h.
 */
#ifndef RELAIS_MAIL_MAIL_CONF_H
#define RELAIS_MAIL_MAIL_CONF_H

struct mail_conf {		    /* strings are borrowed from a configuration */
	const char *const *to;	    /* NULL-terminated; NULL = no mail is sent */
	const char *from;	    /* NULL = keepalived@ and the host's name */
	const char *server;	    /* a name or an address; NULL = no mail is sent */
	const char *helo;	    /* NULL = the host's name */
	const char *router_id;	    /* NULL = the host's name */
	unsigned port;		    /* 0 = 25 */
	unsigned connect_timeout_s; /* 0 = 30 */
};

#endif
