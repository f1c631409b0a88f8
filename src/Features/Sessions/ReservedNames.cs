using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Names that no visitor may carry, as nobody could tell it from the staff: those of operators, and those that the settings reserve for the product and
/// its roles. Names are compared by how they look (<see cref="LookAlikes"/>).
/// </summary>
public sealed class ReservedNames(RosterStore roster, IOptions<ChatOptions> options, TimeProvider time)
{
    /// <summary>A reserved name of so many letters is found inside of a longer word too: nobody else is called <c>IntotesHelpdesk</c>.</summary>
    private const int Telling = 7;

    /// <summary>Nobody is kept from the chat for it: while Redis does not tell, no name of an operator is known.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly string[] reserved = [.. options.Value.Reserved.Select(static name => string.Concat(LookAlikes.Words(name))).Where(static name => name.Length > 0)];

    /// <summary>Whether a visitor may not be called this.</summary>
    public async Task<bool> CoverAsync(string? name, CancellationToken ct)
    {
        if (name is null)
        {
            return false;
        }

        var looks = new[] { LookAlikes.Words(name), LookAlikes.Words(name, withSigns: true) };
        return looks.Any(Names) || (options.Value.ReserveOperatorNames && await AreOfOperatorAsync(looks, ct));
    }

    private async Task<bool> AreOfOperatorAsync(IReadOnlyList<string>[] looks, CancellationToken ct)
    {
        IReadOnlyList<string> operators;
        try
        {
            operators = await roster.NamesAsync(ct).WaitAsync(Patience, time, ct);
        }
        catch (Exception e) when (e is StorageUnavailableException or TimeoutException)
        {
            return false;
        }

        var names = operators.Select(static name => string.Concat(LookAlikes.Words(name))).ToHashSet();
        return looks.Any(words => words.Count > 0 && names.Contains(string.Concat(words)));
    }

    /// <summary>Whether one or more words, written together, are a reserved name, or a word holds a telling one.</summary>
    private bool Names(IReadOnlyList<string> words) => reserved.Any(name =>
        words.Any(word => name.Length >= Telling && word.Contains(name, StringComparison.Ordinal))
        || Enumerable.Range(0, words.Count).Any(first => Begins(string.Concat(words.Skip(first)), name) && EndsWithAWord(words.Skip(first), name.Length)));

    private static bool Begins(string text, string name) => text.StartsWith(name, StringComparison.Ordinal);

    private static bool EndsWithAWord(IEnumerable<string> words, int length)
    {
        foreach (var word in words)
        {
            length -= word.Length;
            if (length <= 0)
            {
                return length == 0;
            }
        }

        return false;
    }
}
