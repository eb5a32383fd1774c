<?php // config
