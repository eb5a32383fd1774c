#!/bin/sh
echo roles
