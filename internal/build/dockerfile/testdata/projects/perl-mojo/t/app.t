use Test::More tests => 1;
use App;
ok(1, "loads");
