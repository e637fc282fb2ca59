#include "port_url.h"

#include "buf.h"

static int refuse(port_url_scheme *scheme, struct err *err)
{
	struct buf all = BUF_INIT(128);

	for (size_t i = 0; scheme(i); i++)
		buf_addf(&all, "%s%s:", i ? ", " : "", scheme(i));
	(void)err_set(err, ERR_CONFIG, "must begin with one of: %s", buf_text(&all));
	buf_release(&all);
	return -1;
}

int port_url_pick(struct str url, port_url_scheme *scheme, size_t *row, struct err *err)
{
	struct str name, rest;

	if (str_cut(url, ':', &name, &rest))
		for (size_t i = 0; scheme(i); i++)
			if (str_is(name, scheme(i))) {
				*row = i;
				return 0;
			}
	return refuse(scheme, err);
}
