/*
 * The front door.
 */
#include <stdio.h>

int main(void)
{
	puts("relais");
	return 0;
}
