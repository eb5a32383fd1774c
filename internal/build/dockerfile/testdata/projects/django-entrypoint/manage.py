import os, sys
if sys.argv[1] == "collectstatic":
    open(os.environ["STATIC_ROOT"] + "/app.css", "w").write("body {}")
print(sys.argv[1], os.environ["DJANGO_ENV"], os.listdir(os.environ["STATIC_ROOT"]))
