<?php echo "php ", getcwd(), " ", 6*7, "\n";
