using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Queue;

/// <summary>A place in the order of service over all departments; as text it is opaque to callers.</summary>
/// <param name="IsGone">Whether the call's visitor was gone: those come last.</param>
/// <param name="CalledAt">First call time in µs.</param>
[SuppressMessage("Design", "CA1036", Justification = "It is sorted by, and never compared by operators.")]
public readonly record struct CallCursor(bool IsGone, long CalledAt, string SessionId) : IComparable<CallCursor>
{
    /// <summary>Null when the text is no cursor.</summary>
    public static CallCursor? Parse(string? text) =>
        text is { Length: > 0 and <= 100 } && Base64Url.IsValid(text)
        && Encoding.ASCII.GetString(Base64Url.DecodeFromChars(text)).Split(' ') is [("0" or "1") and var gone, var time, var session]
        && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var calledAt) && SessionToken.IsSessionId(session)
            ? new CallCursor(gone == "1", calledAt, session)
            : null;

    public int CompareTo(CallCursor other) =>
        IsGone != other.IsGone ? IsGone.CompareTo(other.IsGone)
        : CalledAt != other.CalledAt ? CalledAt.CompareTo(other.CalledAt)
        : string.CompareOrdinal(SessionId, other.SessionId);

    public override string ToString() =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(IsGone ? 1 : 0)} {CalledAt} {SessionId}")));
}
