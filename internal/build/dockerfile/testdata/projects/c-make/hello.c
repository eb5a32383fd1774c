#include <stdio.h>
#include <unistd.h>
int main(int c, char **v) { printf("c %d args, uid %d\n", c - 1, (int)getuid()); return 0; }
