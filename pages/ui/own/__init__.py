"""Parts of the card that takes somebody's own log; ``own_log`` draws it.

``file`` is the way in for files: ``looking`` guesses how one is read, ``layout`` and ``columns`` let the reader say
otherwise, ``taking`` keeps the log. ``query`` is the way in for databases, whose rows it has
in a file (``returned``). ``listed`` is the list of those that were kept.
"""
