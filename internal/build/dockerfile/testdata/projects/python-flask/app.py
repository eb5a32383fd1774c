import os, greeting
print(greeting.greet("flask"), os.getuid(), flush=True)
