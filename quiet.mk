# SPDX-License-Identifier: GPL-2.0-only
# A line for each file that is made, as kbuild prints them; V=1 shows the commands
# instead, make -s nothing.  Included by the Makefiles of bpf/ and helper-daemon/.
#
#   $(call said,CC,path/of/file.o)command    the first line of a recipe
#   $(Q)command                              its other lines

ifeq ($(V),1)
Q    :=
said  =
else
Q    := @
said  = @$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,printf '  %-8s%s\n' $(1) $(2);)
endif
