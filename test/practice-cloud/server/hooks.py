"""Replacing methods of moto's classes, and its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import EC2ClientError


def wrap(cls: type, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: the function takes a method's place and gets what was there before as its first argument."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(cls, name)

        def replacement(*args: Any, **kwargs: Any) -> Any:
            return function(original, *args, **kwargs)

        setattr(cls, name, replacement)
        return function

    return decorate


def refuse(code: str, message: str) -> EC2ClientError:
    """An error as EC2 answers it."""
    return EC2ClientError(code, message)
