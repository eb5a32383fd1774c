import sys
print("poetry", sys.prefix, sys.argv[1:])
